// list_access.hpp: how a strategy lets a CPU enter its own lists, and what entering costs.
#pragma once

#include "machine/costs.hpp"

namespace pcpbench {

enum class Mask { none, preempt_off, irqs_off };
enum class ListLock { none, spin, trylock };

struct ListAccess {
    Mask mask = Mask::irqs_off;
    ListLock lock = ListLock::none;
    bool buddy_when_busy = false;  // a busy trylock takes the buddy path; else it spins on
    int indirections = 0;
    int static_branches = 0;

    // What a section adds to the bare path, on warm lines.
    Picoseconds cost(const Costs& costs) const {
        Picoseconds sum = indirections * (costs.l1_load + costs.compiler_barrier) +
                          static_branches * costs.static_branch;
        if (mask == Mask::irqs_off) sum += costs.irq_save_restore;
        if (mask == Mask::preempt_off) sum += costs.preempt_pair;
        if (lock != ListLock::none) sum += costs.spin_lock_pair;
        return sum;
    }
};

struct StrategyRules {
    ListAccess alloc;
    ListAccess free;
    bool mutex = true;    // pcpu_drain_mutex: a second drain of all zones returns at once
    int list_sets = 1;
    bool lock_per_cpu = false;
};

}  // namespace pcpbench
