// How far local operations may run ahead of each other; an optimisation without effect on results.
#include <algorithm>

#include "simulation/simulation.hpp"

namespace pcpbench {

Lookahead::Conditions Simulation::conditions() const {
    const Zone& zone = calls_.zone();
    const KernelPolicy& policy = zone.policy();
    // kswapd falls asleep and wakes only in steps of its own, which are not local.
    const std::int64_t mark =
        reclaim_.kswapd_is_needed() ? zone.marks().low : std::min(zone.marks().min, zone.marks().low);
    Lookahead::Conditions conditions;
    for (int order = 0; order <= policy.max_order; ++order) {
        if (policy.on_pcp(order) && zone.watermark_ok(order, mark)) {
            conditions.alloc_orders |= 1U << order;
        }
    }
    conditions.reclaim_active = zone.reclaim_active();
    conditions.lists_in_use = calls_.lists_in_use();
    return conditions;
}

Picoseconds Simulation::find_horizon(Picoseconds next_event) {
    constexpr int kLongestRest = 256;
    constexpr Picoseconds kLeastReach = 100'000;
    if (!config_.run_ahead) return 0;
    // A search costs about as much as saving one operation's step on every second CPU. Where
    // operations meet all the time it is not worth it: rest, twice as long each time.
    if (resting_ > 0) {
        --resting_;
        return 0;
    }
    const bool worth_it = 2 * std::exchange(steps_saved_, 0) >= streams_.size();
    last_rest_ = worth_it ? 1 : std::min(2 * last_rest_, kLongestRest);
    resting_ = worth_it ? 0 : last_rest_ - 1;

    const Picoseconds now = machine_.now();
    const Picoseconds until = std::min(next_event, now + reach_);
    const Lookahead::Conditions holds = conditions();
    Picoseconds horizon = until;
    for (int cpu = 0; cpu < machine_.cpus(); ++cpu) {
        const Picoseconds act = machine_.next_act(cpu);
        if (act >= horizon) continue;
        const bool local = machine_.at_local_operation(cpu) &&
                           private_slots_[static_cast<std::size_t>(cpu)] && calls_.entry_free(cpu);
        const Picoseconds bound =
            !local ? act
                   : next_ops_[static_cast<std::size_t>(cpu)].bound(
                         act, horizon, calls_.lists(cpu), calls_.zone().policy(), holds);
        horizon = std::min(horizon, bound);
        if (horizon <= now) break;
    }
    // Look as far as it pays: a little further than the horizon that was found.
    reach_ = std::clamp(2 * (horizon - now), kLeastReach, kMillisecond);
    return horizon;
}

}  // namespace pcpbench
