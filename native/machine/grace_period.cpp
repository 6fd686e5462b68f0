#include "machine/grace_period.hpp"

namespace pcpbench {

Task<int> GracePeriods::expedited(Thread& thread) {
    const Costs& costs = machine_->costs();
    const auto waiting = std::make_shared<Waiting>(Waiting{&thread, 0});
    co_await machine_->run(thread, costs.rcu_expedited_base);
    int ipis = 0;
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        if (cpu == thread.cpu) continue;
        co_await machine_->run(thread, costs.rcu_expedited_cpu);
        if (machine_->idle(cpu) || machine_->in_quiet_user_mode(cpu)) continue;
        co_await machine_->run(thread, costs.ipi_send);
        ++ipis;
        ++waiting->cpus;
        machine_->at(machine_->now() + costs.ipi_flight, cpu,
                     [this, cpu, waiting] { handle(cpu, waiting); });
    }
    while (waiting->cpus > 0) co_await machine_->sleep(thread);
    co_return ipis;
}

// The interrupt at its target; if it met a reader, the end of that reader reports.
void GracePeriods::handle(int cpu, std::shared_ptr<Waiting> waiting) {
    const Costs& costs = machine_->costs();
    const auto then = [this, cpu, waiting] {
        Cpu& c = machine_->cpu(cpu);
        if (c.readers > 0) {
            c.at_reader_end.push_back([this, cpu, waiting] { acknowledge(cpu, waiting); });
        } else if (machine_->now() < c.section_until) {
            machine_->at(c.section_until, cpu, [this, cpu, waiting] { acknowledge(cpu, waiting); });
        } else {
            acknowledge(cpu, waiting);
        }
    };
    machine_->interrupt(
        cpu, {costs.irq_entry_exit + costs.rcu_handler, Mechanism::rcu, Cause::drain, then});
}

void GracePeriods::acknowledge(int cpu, const std::shared_ptr<Waiting>& waiting) {
    machine_->at(machine_->now() + machine_->costs().ipi_ack, cpu, [this, waiting] {
        if (--waiting->cpus == 0) machine_->wake(*waiting->thread);
    });
}

bool GracePeriods::quiescent(int cpu, Picoseconds since) {
    if (machine_->idle(cpu) || machine_->in_quiet_user_mode(cpu)) return true;
    // A ticking CPU reports from its tick unless it stayed in the kernel all the time.
    Cpu& c = machine_->cpu(cpu);
    if (c.tick && c.current == &c.main && c.op_began > since) return true;
    return c.tick && !machine_->in_reader(cpu) && !(c.current == &c.main && (c.main.resume || c.zone_call));
}

Task<> GracePeriods::normal(Thread& thread) {
    const Picoseconds jiffy = kSecond / machine_->config().hz;
    std::vector<int> left;
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        if (cpu != thread.cpu) left.push_back(cpu);
    }
    const Picoseconds since = machine_->now();
    Picoseconds scan = (machine_->now() / jiffy + 1) * jiffy;
    while (!left.empty()) {
        scan += jiffy;
        machine_->at(scan, thread.cpu, [this, &thread] { machine_->wake(thread); });
        co_await machine_->sleep(thread);
        std::erase_if(left, [this, since](int cpu) { return quiescent(cpu, since); });
    }
}

}  // namespace pcpbench
