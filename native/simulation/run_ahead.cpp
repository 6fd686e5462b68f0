// When a CPU carries out its local operations: as late as possible. It has no effect on results.
#include <algorithm>

#include "simulation/simulation.hpp"

namespace pcpbench {

Lookahead::Conditions Simulation::conditions() const {
    const PageCalls::View& view = calls_.view();
    Lookahead::Conditions conditions;
    conditions.alloc_orders =
        view.kswapd_needed ? view.low_orders : view.low_orders | view.min_orders;
    conditions.reclaim_active = calls_.zone().reclaim_active();
    conditions.lists_in_use = calls_.lists_in_use();
    return conditions;
}

Picoseconds Simulation::local_until(int cpu) {
    const auto at = static_cast<std::size_t>(cpu);
    const Picoseconds next = machine_.own(cpu).main.end;
    if (!config_.run_ahead || !private_slots_[at] || !calls_.entry_free(cpu)) return next;
    return next_ops_[at].bound(next, calls_.own_lists(cpu), calls_.zone().policy(), conditions());
}

void Simulation::catch_up(int cpu, Picoseconds limit) {
    Cpu& c = machine_.own(cpu);
    const Picoseconds now = machine_.now();
    c.behind = false;
    while (c.main.end < limit) {
        machine_.set_now(c.main.end);
        main_step(cpu);
    }
    machine_.set_now(now);
    c.behind = true;
}

}  // namespace pcpbench
