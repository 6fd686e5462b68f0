#include "machine/workqueue.hpp"

namespace pcpbench {

Workqueue::Workqueue(Machine& machine) : machine_(&machine) {
    for (int cpu = 0; cpu < machine.cpus(); ++cpu) {
        workers_.push_back(std::make_unique<Worker>());
        Worker& worker = *workers_.back();
        worker.thread.cpu = cpu;
        worker.thread.role = Role::kworker;
        machine.park(worker.thread, loop(worker));
    }
}

int Workqueue::queue(int from, int cpu, std::shared_ptr<Work> work) {
    Worker& worker = *workers_[static_cast<std::size_t>(cpu)];
    const Cause cause = work->cause;
    worker.works.push_back(std::move(work));
    if (std::exchange(worker.woken, true)) return 0;
    if (from == cpu) {
        machine_->wake(worker.thread);
        return 0;
    }
    const Costs& costs = machine_->costs();
    machine_->at(machine_->now() + costs.ipi_flight, cpu, [this, cpu, cause, &worker] {
        machine_->interrupt(cpu, {machine_->costs().irq_entry_exit + machine_->costs().ipi_handler,
                                  Mechanism::ipi, cause,
                                  [this, &worker] { machine_->wake(worker.thread); }});
    });
    return 1;
}

Task<> Workqueue::loop(Worker& worker) {
    for (;;) {
        while (!worker.works.empty()) {
            const std::shared_ptr<Work> work = worker.works.front();
            worker.works.pop_front();
            co_await work->body(worker.thread);
            work->done = true;
            if (work->waiter != nullptr) {
                // The barrier is a work of its own, run right behind the one flushed.
                co_await machine_->run(worker.thread, machine_->costs().work_flush);
                machine_->wake(*work->waiter);
            }
            machine_->mark_foreign_work(worker.thread.cpu, work->cause);
            if (worker.works.empty()) restart_tick(worker.thread.cpu, work->cause);
        }
        worker.woken = false;
        co_await machine_->sleep(worker.thread);
    }
}

// While a second task was runnable a nohz_full CPU needed its tick; it stops in the next one.
void Workqueue::restart_tick(int cpu, Cause cause) {
    if (!machine_->cpu(cpu).nohz_full || machine_->cpu(cpu).fifo) return;
    const Picoseconds jiffy = kSecond / machine_->config().hz;
    const Picoseconds next = (machine_->now() / jiffy + 1) * jiffy;
    machine_->at(next, cpu, [this, cpu, cause] {
        machine_->interrupt(cpu, {machine_->costs().irq_entry_exit + machine_->costs().tick_handler,
                                  Mechanism::tick, cause, {}});
    });
}

Task<> Workqueue::flush(Thread& thread, std::shared_ptr<Work> work) {
    co_await machine_->run(thread, machine_->costs().work_flush);
    if (work->done) co_return;
    work->waiter = &thread;
    while (!work->done) co_await machine_->sleep(thread);
}

}  // namespace pcpbench
