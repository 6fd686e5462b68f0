// What each primitive of a drain does, step by step.
#include <algorithm>

#include "simulation/drains.hpp"

namespace pcpbench {

Task<Drains::Numbers> Drains::scan_counts(Thread& thread, DrainRequest request) {
    Numbers holding;
    for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
        bool holds = request.force;
        for (PageCalls* calls : zones_of(request)) {
            co_await machine_->run(thread, machine_->costs().l2_load +
                                               calls->take_header(cpu, thread.cpu));
            holds = holds || calls->listed_pages(cpu) != 0;
        }
        if (holds) holding.push_back(cpu);
    }
    co_return holding;
}

// --- swapping under RCU ---------------------------------------------------------------------

Task<> Drains::swap_lists(Thread& thread, std::vector<int> cpus, DrainRequest request) {
    if (memory_->rules().list_sets < 2) {
        throw StrategyError("swap_lists needs list_sets = 2 on the strategy");
    }
    if (!memory_->rules().sections_are_readers()) {
        throw StrategyError("swap_lists needs an access with irqs_off or preempt_off: no grace "
                            "period waits for a section without");
    }
    const std::vector<PageCalls*> zones = zones_of(request);
    for (std::size_t i = 0; i < cpus.size() * zones.size(); ++i) {
        const int cpu = cpus[i / zones.size()];
        PageCalls& calls = *zones[i % zones.size()];
        co_await machine_->run(thread, machine_->costs().atomic_rmw +
                                           calls.take_header(cpu, thread.cpu));
        PcpLists& lists = calls.lists(cpu);
        if (lists.count(1 - lists.live_set()) != 0) {
            throw StrategyError("swap_lists: the spare lists of CPU " + std::to_string(cpu) +
                                " still hold pages of the last swap; free them first, and keep "
                                "the mutex: another drain may have swapped them");
        }
        lists.swap();
        swapped_at(calls, cpu) = ++swaps_;
    }
    Counters& counters = measurements_->counters;
    counters.limbo_pages_max = std::max<std::int64_t>(counters.limbo_pages_max, limbo_pages());
}

std::uint32_t Drains::limbo_pages() const {
    std::uint32_t pages = 0;
    for (PageCalls* calls : memory_->zones(-1)) {
        for (int cpu = 0; cpu < machine_->cpus(); ++cpu) {
            const PcpLists& lists = calls->own_lists(cpu);  // their CPU touches the live set only
            pages += lists.count(1 - lists.live_set());
        }
    }
    return pages;
}

Task<> Drains::synchronize_rcu(Thread& thread, bool expedited) {
    const std::int64_t before = swaps_;
    const Picoseconds began = machine_->now();
    ++measurements_->counters.drain_grace_periods;
    const bool hurried = expedited && !rcu_normal_;
    if (hurried) {
        const int ipis = co_await grace_periods_.expedited(thread);
        measurements_->counters.drain_ipis += ipis;
    } else {
        co_await grace_periods_.normal(thread);
    }
    measurements_->counters.drain_context_switches += 2;  // the initiator slept
    safe_swap_ = std::max(safe_swap_, before);
    machine_->note(EventKind::grace_period, thread.cpu, began, {.flag = hurried});
}

Task<std::int64_t> Drains::free_lists(Thread& thread, std::vector<int> cpus,
                                      DrainRequest request) {
    std::int64_t freed = 0;
    const std::vector<PageCalls*> zones = zones_of(request);
    for (std::size_t i = 0; i < cpus.size() * zones.size(); ++i) {
        const int cpu = cpus[i / zones.size()];
        PageCalls& calls = *zones[i % zones.size()];
        if (swapped_at(calls, cpu) > safe_swap_) {
            throw StrategyError("free_lists: CPU " + std::to_string(cpu) +
                                " may still use these lists: no grace period has passed since "
                                "the swap");
        }
        PcpLists& lists = calls.lists(cpu);
        const int old = 1 - lists.live_set();
        const std::uint32_t held = lists.count(old);
        if (held == 0) continue;
        const std::uint32_t pages =
            co_await calls.empty_set(thread, cpu, old, held, Cause::drain);
        calls.note_drained(cpu, pages);
        freed += pages;
    }
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

// --- under the list lock --------------------------------------------------------------------

Task<std::int64_t> Drains::drain_remote(Thread& thread, int cpu, std::int64_t pages_per_hold,
                                        DrainRequest request) {
    require_lock("drain_remote");
    std::int64_t freed = 0;
    for (PageCalls* calls : zones_of(request)) {
        freed += co_await drain_zone_remote(thread, *calls, cpu, pages_per_hold);
    }
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

Task<std::int64_t> Drains::drain_zone_remote(Thread& thread, PageCalls& calls, int cpu,
                                             std::int64_t pages_per_hold) {
    PcpLists& lists = calls.lists(cpu);
    SpinLock& lock = calls.list_lock(cpu);
    std::int64_t freed = 0;
    do {
        co_await lock.acquire(thread, Cause::drain);
        co_await machine_->run(thread, calls.take_header(cpu, thread.cpu));
        std::uint32_t pages = lists.count();
        if (pages_per_hold > 0) pages = std::min(pages, static_cast<std::uint32_t>(pages_per_hold));
        if (pages != 0) {
            pages = co_await calls.empty_set(thread, cpu, lists.live_set(), pages, Cause::drain);
        }
        lock.release(thread);
        calls.note_drained(cpu, pages);
        freed += pages;
    } while (pages_per_hold > 0 && lists.count() != 0);
    co_return freed;
}

Task<std::int64_t> Drains::drain_local(Thread& thread, Side side) {
    if (side.context == Context::interrupt && !memory_->rules().irqs_off()) {
        throw StrategyError("drain_local in an interrupt needs an access with irqs_off: the "
                            "interrupt may hit its own CPU inside its lists");
    }
    if (side.context == Context::kworker && !memory_->rules().sections_are_readers() &&
        !memory_->rules().locked()) {
        throw StrategyError("drain_local in a kworker needs an access with irqs_off, preempt_off or "
                            "a lock: the kworker may preempt its own CPU inside its lists");
    }
    std::int64_t freed = 0;
    for (PageCalls* calls : zones_of(side.request)) {
        freed += co_await calls->empty_all(thread, side.cpu);
    }
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

// --- on the target: by kworker, interrupt, or at its next entry into the kernel --------------

Task<Drains::Numbers> Drains::queue_work(Thread& thread, std::vector<int> cpus,
                                         DrainRequest request) {
    Numbers ids;
    for (const int cpu : cpus) {
        const auto work = std::make_shared<Work>();
        work->cause = Cause::drain;
        work->body = [this, cpu, request](Thread& target) {
            return converse(target, {Context::kworker, cpu, request});
        };
        co_await machine_->run(thread, machine_->costs().work_queue);
        note_asking(thread, cpu, request, Context::kworker);
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

// on_each_cpu_mask: sends to all others, runs the function here if asked to, spins until all
// handlers are done (kernel/smp.c:smp_call_function_many_cond, v5.15).
Task<> Drains::send_ipi(Thread& thread, std::vector<int> cpus, DrainRequest request) {
    const auto calls = std::make_shared<Calls>();
    bool here = false;
    for (const int cpu : cpus) {
        if (cpu == thread.cpu) {
            here = true;
            continue;
        }
        co_await machine_->run(thread, machine_->costs().ipi_send);
        ++measurements_->counters.drain_ipis;
        ++calls->left;
        note_asking(thread, cpu, request, Context::interrupt);
        fly(cpu, request, calls);
    }
    if (here) {
        machine_->irq_off(thread.cpu);
        co_await converse(thread, {Context::interrupt, thread.cpu, request});
        machine_->irq_on(thread.cpu);
    }
    if (calls->left == 0) co_return;
    calls->waiter = &thread;
    co_await Machine::Spin{thread};
}

void Drains::fly(int cpu, DrainRequest request, std::shared_ptr<Calls> calls) {
    const Costs& costs = machine_->costs();
    Interrupt handler{costs.irq_entry_exit + costs.ipi_handler, Mechanism::ipi, Cause::drain, {}};
    handler.body = [this, cpu, request](Thread& thread) {
        return converse(thread, {Context::interrupt, cpu, request});
    };
    handler.then = [this, calls] {
        machine_->at(machine_->now() + machine_->costs().ipi_ack, -1, [this, calls] {
            if (--calls->left == 0 && calls->waiter != nullptr) machine_->end_spin(*calls->waiter);
        });
    };
    machine_->at(machine_->now() + costs.ipi_flight, cpu,
                 [this, cpu, handler = std::move(handler)] { machine_->interrupt(cpu, handler); });
}

// Sets a flag that the CPU looks at when it enters the kernel. A flag that is set stays as it is.
Task<> Drains::at_kernel_entry(Thread& thread, std::vector<int> cpus, Picoseconds within,
                               DrainRequest request) {
    for (const int cpu : cpus) {
        co_await machine_->run(thread, machine_->costs().atomic_rmw +
                                           machine_->transfer(cpu, thread.cpu));
        std::uint64_t& flag = entry_flags_[static_cast<std::size_t>(cpu)];
        if (flag != 0) continue;
        note_asking(thread, cpu, request, Context::kernel_entry);
        const std::uint64_t number = flag = ++deferrals_;
        machine_->cpu(cpu).at_kernel_entry.push_back([this, cpu, request, number](Thread& target) {
            return run_entry(target, cpu, request, number);
        });
        if (within == 0) continue;
        const int from = thread.cpu;
        machine_->at(machine_->now() + within, from,
                     [this, from, cpu, number, within] { force_entry(from, cpu, number, within); });
    }
}

// The bound of a deferral is over: an interrupt brings the CPU into the kernel.
void Drains::force_entry(int from, int cpu, std::uint64_t number, Picoseconds within) {
    if (entry_flags_[static_cast<std::size_t>(cpu)] != number) return;
    const Costs& costs = machine_->costs();
    ++measurements_->counters.drain_ipis;
    const auto arrive = [this, cpu] {
        const Costs& c = machine_->costs();
        machine_->interrupt(
            cpu, {c.irq_entry_exit + c.ipi_handler, Mechanism::ipi, Cause::drain, {}});
    };
    machine_->interrupt(from, {costs.irq_entry_exit + costs.ipi_send, Mechanism::tick, Cause::drain,
                               [this, cpu, arrive] {
                                   machine_->at(machine_->now() + machine_->costs().ipi_flight,
                                                cpu, arrive);
                               }});
    // One that is in the kernel now sees its flag when it enters anew; look again later.
    machine_->at(machine_->now() + within, from,
                 [this, from, cpu, number, within] { force_entry(from, cpu, number, within); });
}

Task<> Drains::run_entry(Thread& thread, int cpu, DrainRequest request, std::uint64_t number) {
    co_await converse(thread, {Context::kernel_entry, cpu, request});
    std::uint64_t& flag = entry_flags_[static_cast<std::size_t>(cpu)];
    if (flag == number) flag = 0;
}

// --- at no cost, and side by side ------------------------------------------------------------

Task<std::int64_t> Drains::free_at_no_cost(Thread& thread, std::vector<int> cpus,
                                           DrainRequest request) {
    std::int64_t freed = 0;
    for (const int cpu : cpus) {
        for (PageCalls* calls : zones_of(request)) {
            const std::uint32_t pages = calls->empty_at_no_cost(cpu);
            calls->note_drained(cpu, pages);
            freed += pages;
        }
    }
    co_await machine_->run(thread, 0);
    measurements_->counters.drain_pages += freed;
    co_return freed;
}

// Each part runs in a task of its own on the initiator's CPU: what they wait for overlaps, what
// they compute does not. Result: for each part the length of its result, then the result.
Task<Drains::Numbers> Drains::all(Thread& thread, std::vector<Command> parts, Side side) {
    int left = static_cast<int>(parts.size());
    std::vector<Numbers> results(parts.size());
    std::vector<std::unique_ptr<Thread>> threads;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        threads.push_back(std::make_unique<Thread>());
        threads.back()->cpu = thread.cpu;
        threads.back()->role = Role::part_of_drain;
        measurements_->counters.drain_context_switches += 2;
        co_await machine_->run(thread, machine_->costs().task_wake);
        machine_->start(*threads.back(), run_part(*threads.back(), thread, std::move(parts[i]),
                                                  side, &left, &results[i]));
    }
    while (left > 0) co_await machine_->sleep(thread);
    // The last part has woken this thread but may not have left its own yet.
    std::erase_if(tasks_, [](const auto& old) { return old->asleep && !old->task.handle(); });
    for (auto& part : threads) tasks_.push_back(std::move(part));
    Numbers result;
    for (const Numbers& numbers : results) {
        result.push_back(static_cast<std::int64_t>(numbers.size()));
        result.insert(result.end(), numbers.begin(), numbers.end());
    }
    co_return result;
}

Task<> Drains::run_part(Thread& part, Thread& waiter, Command command, Side side, int* left,
                        Numbers* result) {
    *result = co_await carry_out(part, std::move(command), side);
    if (--*left == 0) machine_->wake(waiter);
}

}  // namespace pcpbench
