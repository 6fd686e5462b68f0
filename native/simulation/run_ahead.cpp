// When a CPU carries out its local operations: as late as possible. It has no effect on results.
#include <algorithm>

#include "simulation/simulation.hpp"

namespace pcpbench {

Lookahead::Conditions Simulation::conditions(int cpu) {
    PageCalls& calls = memory_.of_cpu(cpu);
    const PageCalls::View& view = calls.view();
    Lookahead::Conditions conditions;
    conditions.alloc_orders =
        (view.kswapd_needed || memory_.nodes() > 1 ? view.low_orders
                                                  : view.low_orders | view.min_orders) &
        ~view.telling_orders;
    conditions.frees = !memory_.holds_abroad(cpu);
    conditions.reclaim_active = calls.zone().reclaim_active();
    conditions.below_high = view.below_high;
    conditions.lists_in_use = calls.lists_in_use();
    return conditions;
}

Picoseconds Simulation::local_until(int cpu) {
    const auto at = static_cast<std::size_t>(cpu);
    PageCalls& calls = memory_.of_cpu(cpu);
    const Picoseconds next = machine_.own(cpu).main.end;
    if (!config_.run_ahead || !private_slots_[at] || !calls.entry_free(cpu) ||
        !calls.lists_in_use()) {
        return next;
    }
    return next_ops_[at].bound(next, calls.own_lists(cpu), calls.zone().policy(),
                               conditions(cpu));
}

void Simulation::catch_up(int cpu, Picoseconds limit) {
    Cpu& c = machine_.own(cpu);
    const Picoseconds now = machine_.now();
    c.behind = false;
    Pending& pending = pending_[static_cast<std::size_t>(cpu)];
    // The first call may have waited for an interrupt handler, or follow other work in the kernel.
    while (c.main.end < limit && (c.main.end < c.irq_until || pending.entered >= 0)) {
        machine_.set_now(c.main.end);
        main_step(cpu);
    }
    machine_.set_now(now);
    if (c.main.end < limit) {
        LocalRun(memory_.of_cpu(cpu), machine_, measurements_, cpu)
            .run(next_ops_[static_cast<std::size_t>(cpu)],
                 *streams_[static_cast<std::size_t>(cpu)], pending, limit);
    }
    c.behind = true;
}

}  // namespace pcpbench
