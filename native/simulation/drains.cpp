#include "simulation/drains.hpp"

#include <algorithm>

namespace pcpbench {

Drains::Drains(Machine& machine, Measurements& measurements, PageCalls& calls, Workqueue& works,
               bool rcu_normal)
    : machine_(&machine), measurements_(&measurements), calls_(&calls), workqueue_(&works),
      grace_periods_(machine), rcu_normal_(rcu_normal),
      swapped_at_(static_cast<std::size_t>(machine.cpus()), 0) {}

Task<> Drains::drain_all(Thread& thread) {
    const Picoseconds asked = machine_->now();
    const bool measured = measuring_;
    Counters& counters = measurements_->counters;
    counters.drain_asked += measured;
    if (calls_->rules().mutex && mutex_held_) {
        counters.drain_skipped += measured;
        co_return;
    }
    mutex_held_ = true;
    const std::int64_t number = generators_;
    if (measured) running_[number] = asked;
    co_await converse(thread, false);
    mutex_held_ = false;
    running_.erase(number);
    if (measured) {
        ++counters.drain_completed;
        measurements_->drain_latency.add(machine_->now() - asked);
    }
}

void Drains::request(int cpu) {
    auto task = std::make_unique<Thread>();
    task->cpu = cpu;
    machine_->start(*task, drain_all(*task));
    // A task that is over leaves its place to the next request.
    std::erase_if(tasks_, [](const auto& old) { return old->asleep && !old->task.handle(); });
    tasks_.push_back(std::move(task));
}

void Drains::finish() {
    for (const auto& [number, asked] : running_) {
        ++measurements_->counters.drain_unfinished;
        measurements_->drain_censored.add(machine_->now() - asked);
    }
}

// --- the conversation with a strategy -----------------------------------------------------

void Drains::Ask::await_suspend(std::coroutine_handle<> handle) {
    thread.resume = handle;
    drains.asking_ = this;
    drains.machine_->pause();
}

void Drains::answer(Command command) {
    Ask& ask = *std::exchange(asking_, nullptr);
    ask.command = std::move(command);
    machine_->end_spin(ask.thread);
}

// A generator speaks until it finishes: start or result goes out, a primitive comes in.
Task<> Drains::converse(Thread& thread, bool on_target) {
    const std::int64_t generator = generators_++;
    std::vector<std::int64_t> result;
    for (bool start = true;; start = false) {
        decision_ = {generator, start, on_target, thread.cpu, std::move(result)};
        Command command = co_await Ask{*this, thread};
        if (command.primitive == Primitive::finish) co_return;
        result = co_await carry_out(thread, std::move(command), on_target);
    }
}

Task<std::vector<std::int64_t>> Drains::carry_out(Thread& thread, Command command,
                                                  bool on_target) {
    std::vector<std::int64_t> result;
    std::int64_t freed = -1;
    require_cpus(command.primitive == Primitive::flush_work ? std::vector<int>{} : command.cpus);
    if (on_target != (command.primitive == Primitive::drain_local)) {
        throw StrategyError(on_target ? "on_target may yield only t.drain_local()"
                                      : "t.drain_local() runs only on the target");
    }
    switch (command.primitive) {
        case Primitive::scan_counts: result = co_await scan_counts(thread); break;
        case Primitive::swap_lists: co_await swap_lists(thread, command.cpus); break;
        case Primitive::synchronize_rcu:
            co_await synchronize_rcu(thread, command.value != 0);
            break;
        case Primitive::free_lists:
            freed = co_await free_lists(thread, command.cpus);
            break;
        case Primitive::drain_remote:
            freed = co_await drain_remote(thread, command.cpus.at(0), command.value);
            break;
        case Primitive::queue_work: result = co_await queue_work(thread, command.cpus); break;
        case Primitive::flush_work: co_await flush_work(thread, command.cpus); break;
        case Primitive::drain_local: freed = co_await drain_local(thread); break;
        case Primitive::finish: break;
    }
    if (freed >= 0) result.push_back(freed);
    co_return result;
}

void Drains::require_cpus(const std::vector<int>& cpus) const {
    for (const int cpu : cpus) {
        if (cpu < 0 || cpu >= machine_->cpus()) {
            throw StrategyError("there is no CPU " + std::to_string(cpu) + " on this machine of " +
                                std::to_string(machine_->cpus()));
        }
    }
}

// --- primitives -----------------------------------------------------------------------------

Task<std::vector<std::int64_t>> Drains::scan_counts(Thread& thread) {
    std::vector<std::int64_t> holding;
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        co_await machine_->run(thread, machine_->costs().l2_load +
                                           calls_->take_header(cpu, thread.cpu));
        if (calls_->lists(cpu).count() != 0) holding.push_back(cpu);
    }
    co_return holding;
}

Task<> Drains::swap_lists(Thread& thread, std::vector<int> cpus) {
    if (calls_->rules().list_sets < 2) {
        throw StrategyError("swap_lists needs list_sets = 2 on the strategy");
    }
    for (const int cpu : cpus) {
        co_await machine_->run(thread, machine_->costs().atomic_rmw +
                                           calls_->take_header(cpu, thread.cpu));
        PcpLists& lists = calls_->lists(cpu);
        if (lists.count(1 - lists.live_set()) != 0) {
            throw StrategyError("swap_lists: the spare lists of CPU " + std::to_string(cpu) +
                                " still hold pages of the last swap; free them first");
        }
        lists.swap();
        swapped_at_[static_cast<std::size_t>(cpu)] = ++swaps_;
    }
    Counters& counters = measurements_->counters;
    counters.limbo_pages_max = std::max<std::int64_t>(counters.limbo_pages_max, limbo_pages());
}

std::uint32_t Drains::limbo_pages() const {
    std::uint32_t pages = 0;
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        const PcpLists& lists = calls_->lists(cpu);
        pages += lists.count(1 - lists.live_set());
    }
    return pages;
}

Task<> Drains::synchronize_rcu(Thread& thread, bool expedited) {
    const std::int64_t before = swaps_;
    ++measurements_->counters.drain_grace_periods;
    if (expedited && !rcu_normal_) {
        const int ipis = co_await grace_periods_.expedited(thread);
        measurements_->counters.drain_ipis += ipis;
    } else {
        co_await grace_periods_.normal(thread);
    }
    measurements_->counters.drain_context_switches += 2;  // the initiator slept
    safe_swap_ = std::max(safe_swap_, before);
}

Task<std::int64_t> Drains::free_lists(Thread& thread, std::vector<int> cpus) {
    std::int64_t freed = 0;
    for (const int cpu : cpus) {
        if (swapped_at_[static_cast<std::size_t>(cpu)] > safe_swap_) {
            throw StrategyError("free_lists: CPU " + std::to_string(cpu) +
                                " may still use these lists: no grace period has passed since "
                                "the swap");
        }
        PcpLists& lists = calls_->lists(cpu);
        const int old = 1 - lists.live_set();
        const std::uint32_t held = lists.count(old);
        if (held == 0) continue;
        const std::uint32_t pages =
            co_await calls_->empty_set(thread, cpu, old, held, Cause::drain);
        calls_->note_drained(cpu, pages);
        freed += pages;
    }
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

Task<std::int64_t> Drains::drain_remote(Thread& thread, int cpu, std::int64_t pages_per_hold) {
    if (calls_->rules().alloc.lock == ListLock::none ||
        calls_->rules().free.lock == ListLock::none) {
        throw StrategyError("drain_remote needs an access with a lock on the strategy");
    }
    PcpLists& lists = calls_->lists(cpu);
    SpinLock& lock = calls_->list_lock(cpu);
    std::int64_t freed = 0;
    do {
        co_await lock.acquire(thread, Cause::drain);
        co_await machine_->run(thread, calls_->take_header(cpu, thread.cpu));
        std::uint32_t pages = lists.count();
        if (pages_per_hold > 0) pages = std::min(pages, static_cast<std::uint32_t>(pages_per_hold));
        if (pages != 0) {
            pages = co_await calls_->empty_set(thread, cpu, lists.live_set(), pages, Cause::drain);
        }
        lock.release(thread);
        calls_->note_drained(cpu, pages);
        freed += pages;
    } while (pages_per_hold > 0 && lists.count() != 0);
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

Task<std::int64_t> Drains::drain_local(Thread& thread) {
    PcpLists& lists = calls_->lists(thread.cpu);
    machine_->irq_off(thread.cpu);
    co_await machine_->run(thread, machine_->costs().irq_save_restore +
                                       calls_->take_header(thread.cpu, thread.cpu));
    std::int64_t freed = 0;
    if (const std::uint32_t held = lists.count(); held != 0) {
        freed = co_await calls_->empty_set(thread, thread.cpu, lists.live_set(), held,
                                           Cause::drain);
    }
    machine_->irq_on(thread.cpu);
    calls_->note_drained(thread.cpu, static_cast<std::uint32_t>(freed));
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

Task<std::vector<std::int64_t>> Drains::queue_work(Thread& thread, std::vector<int> cpus) {
    std::vector<std::int64_t> ids;
    for (const int cpu : cpus) {
        const auto work = std::make_shared<Work>();
        work->cause = Cause::drain;
        work->body = [this](Thread& target) { return converse(target, true); };
        co_await machine_->run(thread, machine_->costs().work_queue);
        const int ipis = workqueue_->queue(thread.cpu, cpu, work);
        if (ipis > 0) co_await machine_->run(thread, machine_->costs().ipi_send);
        measurements_->counters.drain_ipis += ipis;
        measurements_->counters.drain_context_switches += 2;
        ids.push_back(static_cast<std::int64_t>(works_.size()));
        works_.push_back(work);
    }
    co_return ids;
}

Task<> Drains::flush_work(Thread& thread, std::vector<int> ids) {
    for (const int id : ids) {
        if (id < 0 || static_cast<std::size_t>(id) >= works_.size() || !works_[id]) {
            throw StrategyError("flush_work: there is no unflushed work " + std::to_string(id));
        }
        const auto work = std::exchange(works_[static_cast<std::size_t>(id)], nullptr);
        if (!work->done) measurements_->counters.drain_context_switches += 2;
        co_await workqueue_->flush(thread, work);
    }
}

}  // namespace pcpbench
