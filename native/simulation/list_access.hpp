// list_access.hpp: how a strategy lets a CPU enter its own lists, and what entering costs.
#pragma once

#include <optional>

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
        Picoseconds sum = indirections * costs.dependent_load +
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
    std::optional<ListAccess> list_free;  // where lists of pages are freed otherwise than one page
    bool uses_lists = true;  // false: every call goes to the zone
    bool mutex = true;    // pcpu_drain_mutex: a second drain of all zones returns at once
    int list_sets = 1;
    bool target_drains_local = false;  // all that on_target does: nobody needs to be asked
    bool drains_lru = false;  // LRU batches are emptied from afar too, under their locks

    const ListAccess& batch_free() const { return list_free ? *list_free : free; }
    bool locked() const {
        return alloc.lock != ListLock::none && free.lock != ListLock::none &&
               batch_free().lock != ListLock::none;
    }
    // Nobody can interrupt the owner inside its lists.
    bool irqs_off() const {
        return alloc.mask == Mask::irqs_off && free.mask == Mask::irqs_off &&
               batch_free().mask == Mask::irqs_off;
    }
    // Every section is an RCU reader.
    bool sections_are_readers() const {
        return alloc.mask != Mask::none && free.mask != Mask::none &&
               batch_free().mask != Mask::none;
    }
};

}  // namespace pcpbench
