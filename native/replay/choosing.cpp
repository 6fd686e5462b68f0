// Which zone an allocation is served from: flags, watermarks, and what the recording settles where a
// test raced with a change (mm/page_alloc.c:get_page_from_freelist, zone_watermark_fast).
#include <algorithm>

#include "replay/allocation_flags.hpp"
#include "replay/replayer.hpp"

namespace pcpbench {

namespace {

Reserves reserves_of(const KernelPolicy& policy, std::uint32_t flags) {
    Reserves may;
    may.oom = (flags & alloc::kOom) != 0;
    if (policy.atomic_flags == AtomicFlags::harder) {
        may.min_reserve = (flags & alloc::kHigh) != 0;
        may.harder = (flags & alloc::kHarder) != 0 && !may.oom;
        may.reserved = may.highatomic = (flags & (alloc::kHarder | alloc::kOom)) != 0;
    } else {
        may.min_reserve = (flags & alloc::kHigh) != 0;
        may.harder = may.min_reserve && (flags & alloc::kHarder) != 0;
        may.reserved = (flags & (alloc::kHarder | alloc::kHigh | alloc::kHighAtomic |
                                 alloc::kOom)) != 0;
        may.highatomic = (flags & (alloc::kHighAtomic | alloc::kOom)) != 0;
    }
    return may;
}

// gfp_zone() on x86-64: DMA, DMA32, NORMAL or MOVABLE.
std::uint8_t highest_zone_of(std::uint64_t gfp) {
    if ((gfp & 0x1) != 0) return 0;
    if ((gfp & 0x4) != 0) return 1;
    return (gfp & 0xa) == 0xa ? 3 : 2;
}

int mark_index(std::uint32_t flags) { return static_cast<int>(flags & alloc::kMarkMask); }

std::int64_t mark_pages(const Zone& zone, int index) {
    const Watermarks& marks = zone.marks();
    return (index == 0 ? marks.min : index == 1 ? marks.low : marks.high) + zone.boost_pages();
}

// gfp_to_alloc_flags: at the minimum mark (2.1 of kernel-allocator.md).
std::uint32_t slow_flags(const KernelPolicy& policy, std::uint64_t gfp, int order) {
    std::uint32_t flags = 0;
    if ((gfp & gfp_bit::kHigh) != 0) flags |= alloc::kHigh;
    if ((gfp & gfp_bit::kKswapd) != 0) flags |= alloc::kWakesKswapd;
    const bool may_use_reserves = (gfp & gfp_bit::kNoMemalloc) == 0;
    if (policy.atomic_flags == AtomicFlags::harder) {
        if ((gfp & gfp_bit::kAtomic) != 0 && may_use_reserves) flags |= alloc::kHarder;
    } else if ((gfp & gfp_bit::kDirectReclaim) == 0 && may_use_reserves) {
        flags |= alloc::kHarder;
        if (order > 0 && (flags & alloc::kHigh) != 0) flags |= alloc::kHighAtomic;
    }
    return flags;
}

}  // namespace

bool Replayer::zone_passes(const Attempt& attempt, ReplayZone& at) {
    Zone& zone = at.zone;
    const Reserves may = reserves_of(policy_, attempt.flags);
    const std::int64_t reserve = at.reserve[std::min<std::size_t>(attempt.highest_zone, 4)];
    const auto passes = [&](std::int64_t mark) {
        if (attempt.order == 0) {
            const std::int64_t reserved = may.reserved ? 0 : zone.highatomic_pages();
            const std::int64_t free = zone.free_counter();
            if (free - std::min(std::max<std::int64_t>(free, 0), reserved) > mark + reserve) {
                return true;
            }
        }
        if (zone.watermark_ok(attempt.order, mark, reserve, may)) return true;
        const bool unboosted = attempt.order == 0 && zone.boost_pages() != 0 &&
                               mark_index(attempt.flags) == 0 &&
                               // __GFP_ATOMIC until v6.3 removed it; 6.1 kept it.
                               (policy_.below_high_flag ? (attempt.flags & alloc::kHigh) != 0
                                                        : (attempt.gfp & gfp_bit::kAtomic) != 0);
        return unboosted && zone.watermark_ok(0, zone.marks().min, reserve, may);
    };
    if (policy_.below_high_flag && !zone.below_high()) {
        if (passes(mark_pages(zone, 2))) return true;
        zone.set_below_high(true);
    }
    return passes(mark_pages(zone, mark_index(attempt.flags))) ||
           (attempt.flags & alloc::kNoWatermarks) != 0;
}

void Replayer::begin_attempt(CpuContext& ctx, const ReplayLine& line) {
    Attempt& at = ctx.attempt;
    at = {};
    ctx.bulk = {};  // it fell back to an ordinary allocation
    at.open = true;
    at.order = line.order;
    at.type = line.type;
    at.flags = line.flags;
    at.gfp = line.gfp;
    at.highest_zone = line.highest_zone;
    at.spread_dirty = line.spread_dirty;
    at.nofragment = (line.flags & alloc::kNoFragment) != 0;
    at.node = std::min<int>(line.node, memory_.nodes - 1);
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    at.first = 0;
    while (at.first < list.size() && list[at.first]->index > at.highest_zone) ++at.first;
    if (line.zone != kNoZone) {
        for (std::size_t i = at.first; i < list.size(); ++i) {
            if (list[i]->index == line.zone && list[i]->node == at.node) {
                at.first = i;
                break;
            }
        }
    }
    at.position = at.first;
    if (line.kind == LineKind::attempt) given("allocation flags");
    if (!at.spread_dirty) test_zones(at);
}

// Without the probe line the flags are those of the fast path (2.1 of kernel-allocator.md).
void Replayer::attempt_from_call(CpuContext& ctx, const ReplayLine& line) {
    ReplayLine call = line;
    call.highest_zone = highest_zone_of(line.gfp);
    const auto node = memory_.node_of_cpu[line.cpu % memory_.node_of_cpu.size()];
    call.node = static_cast<std::uint8_t>(node);
    call.flags = alloc::kLowMark | ((line.gfp & gfp_bit::kKswapd) != 0 ? alloc::kWakesKswapd : 0);
    call.spread_dirty = false;
    call.zone = kNoZone;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(node)];
    std::size_t first = 0;
    while (first < list.size() && list[first]->index > call.highest_zone) ++first;
    const bool dma32 = memory_.nodes == 1 || memory_.zone(node, 1) != nullptr;
    if (first < list.size() && list[first]->index == 2 && dma32) call.flags |= alloc::kNoFragment;
    begin_attempt(ctx, call);
}

// What an allocation tries when no zone serves it: first without avoiding fragmentation, then, where
// no probe line tells, with the flags of the slow path and at last without watermarks, since the
// recording shows that it was served (9.1 of kernel-allocator.md).
bool Replayer::next_sweep(Attempt& at) {
    if (at.nofragment) {
        at.nofragment = false;
    } else if (inputs_ != Inputs::facts && at.effort == 0) {
        at.effort = 1;
        at.flags = slow_flags(policy_, at.gfp, at.order);
    } else if (inputs_ != Inputs::facts && at.effort == 1) {
        at.effort = 2;
        at.flags |= alloc::kNoWatermarks;
    } else {
        return false;
    }
    at.position = at.first;
    test_zones(at);
    return true;
}

// Moves to the first zone whose watermark allows the allocation.
void Replayer::test_zones(Attempt& at) {
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    at.tested = false;
    while (at.position < list.size()) {
        ReplayZone& zone = *list[at.position];
        if (zone.index <= at.highest_zone &&
            ((at.gfp & gfp_bit::kThisNode) == 0 || zone.node == at.node)) {
            if (at.nofragment && zone.node != at.node && at.position != at.first) {
                at.nofragment = false;
                at.position = at.first;
                continue;
            }
            if (zone_passes(at, zone)) {
                at.tested = true;
                return;
            }
        }
        ++at.position;
    }
}

// node_dirty_ok has answered: the zone it was asked for is tested now, or passed over. Through v5.18
// each zone asks; later releases ask once a node (8a87d6959f0d), as do those with
// buddy_when_pcp_empty.
void Replayer::on_dirty_verdict(CpuContext& ctx, const ReplayLine& line) {
    Attempt& at = ctx.attempt;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    if (!at.open || !at.spread_dirty || at.tested || at.page.valid()) return;
    if (at.position >= list.size() && at.nofragment) {
        at.nofragment = false;  // the second sweep asks again
        at.position = at.first;
    }
    if (at.position >= list.size()) return;
    given("dirty limit");
    const int node = list[at.position]->node;
    if (line.a == 0) {
        while (at.position < list.size() && list[at.position]->node == node) ++at.position;
        return;
    }
    do {
        at.tested = zone_passes(at, *list[at.position]);
        if (at.tested) return;
        ++at.position;
    } while (policy_.buddy_when_pcp_empty && at.position < list.size() &&
             list[at.position]->node == node);
}

// The zone that the recording shows at work on this allocation. The model's own choice stands unless
// the watermark test was close in time to a change of what it reads.
void Replayer::settle_zone(CpuContext& ctx, ReplayZone* recorded, int cpu) {
    Attempt& at = ctx.attempt;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    if (!at.tested) {
        at.position = at.first;
        test_zones(at);
    }
    // A zone whose lists were tried before has failed by now.
    while (!resync_ && at.pcp_entered && at.position < list.size() && recorded != nullptr &&
           list[at.position] != recorded) {
        at.page = rmqueue(ctx, *list[at.position], cpu, false);
        if (at.page.valid()) return;
        at.pcp_entered = false;
        at.refill_blocks = -1;
        ++at.position;
        test_zones(at);
        if (at.position >= list.size()) next_sweep(at);
    }
    if (inputs_ != Inputs::facts || recorded == nullptr) return;
    if (at.position < list.size() && list[at.position] == recorded) return;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i] != recorded) continue;
        if (i < at.position && zone_passes(at, *recorded)) {
            given("late watermark test");
        } else if (i < at.position && recorded->boost_at_run > 0) {
            given("boost taken back");
            recorded->zone.take_back_boost(recorded->boost_at_run);
            recorded->boost_at_run = 0;
        } else {
            given("zone of a watermark test");
        }
        for (std::size_t k = at.first; policy_.below_high_flag && k < i; ++k) {
            list[k]->zone.set_below_high(true);
        }
        at.position = i;
        at.tested = true;
        return;
    }
}

// Nothing shows that the zone was asked: the page came from a list that was not empty.
void Replayer::settle_pop(CpuContext& ctx, int cpu) {
    Attempt& at = ctx.attempt;
    if (!policy_.on_pcp(at.order)) return;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    if (!at.tested) {
        at.position = at.first;
        test_zones(at);
    }
    const auto holds = [&](ReplayZone& zone) {
        return !zone.pcps[static_cast<std::size_t>(cpu)].empty(0, at.order, at.type);
    };
    if (at.position < list.size() && holds(*list[at.position])) return;
    for (std::size_t i = at.first; i < list.size(); ++i) {
        if (list[i]->index <= at.highest_zone && holds(*list[i])) {
            settle_zone(ctx, list[i], cpu);
            return;
        }
    }
}

}  // namespace pcpbench
