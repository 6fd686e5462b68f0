// When a CPU carries out its local operations: as late as possible. It has no effect on results.
#include <algorithm>

#include "simulation/simulation.hpp"

namespace pcpbench {

Lookahead::Conditions Simulation::conditions() const {
    const PageCalls::View& view = calls_.view();
    Lookahead::Conditions conditions;
    conditions.alloc_orders =
        (view.kswapd_needed ? view.low_orders : view.low_orders | view.min_orders) &
        ~view.telling_orders;
    conditions.reclaim_active = calls_.zone().reclaim_active();
    conditions.below_high = view.below_high;
    conditions.lists_in_use = calls_.lists_in_use();
    return conditions;
}

Picoseconds Simulation::local_until(int cpu) {
    const auto at = static_cast<std::size_t>(cpu);
    const Picoseconds next = machine_.own(cpu).main.end;
    if (!config_.run_ahead || !private_slots_[at] || !calls_.entry_free(cpu) ||
        !calls_.lists_in_use()) {
        return next;
    }
    return next_ops_[at].bound(next, calls_.own_lists(cpu), calls_.zone().policy(), conditions());
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
        LocalRun(calls_, machine_, measurements_, cpu)
            .run(next_ops_[static_cast<std::size_t>(cpu)],
                 *streams_[static_cast<std::size_t>(cpu)], pending, limit);
    }
    c.behind = true;
}

}  // namespace pcpbench
