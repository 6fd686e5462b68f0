// Allocations: which list and which page of the zone chosen (mm/page_alloc.c:rmqueue).
#include <algorithm>

#include "replay/allocation_flags.hpp"
#include "replay/replayer.hpp"

namespace pcpbench {

void Replayer::take(CpuContext& ctx, int cpu, bool trylock_failed) {
    Attempt& at = ctx.attempt;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    // What failed at the entry may pass by now: the test and the take are apart.
    if (!at.tested) {
        at.position = at.first;
        test_zones(at);
    }
    for (;;) {
        while (at.position < list.size()) {
            ReplayZone& zone = *list[at.position];
            at.page = rmqueue(ctx, zone, cpu, trylock_failed);
            look_at_boost(at, zone);
            if (at.page.valid()) return;
            ++at.position;
            at.refill_blocks = -1;
            test_zones(at);
        }
        if (!next_sweep(at)) return;
    }
}

// rmqueue() looks at the flag at its end, which only 5.x skips, when the buddy lists fail.
void Replayer::look_at_boost(const Attempt& at, ReplayZone& zone) {
    const bool looked =
        at.page.valid() || policy_.buddy_when_pcp_empty || policy_.on_pcp(at.order);
    if (looked && zone.zone.boosted_flag() &&
        (!policy_.below_high_flag || (at.flags & alloc::kWakesKswapd) != 0)) {
        zone.zone.clear_boosted_flag();
    }
}

Place Replayer::rmqueue(CpuContext& ctx, ReplayZone& zone, int cpu, bool trylock_failed) {
    Attempt& at = ctx.attempt;
    at.from_buddy = false;
    if (policy_.on_pcp(at.order)) {
        if (!trylock_failed) {
            const Place page = take_from_pcp(ctx, zone, cpu);
            if (page.valid()) return page;
        }
        if (!policy_.buddy_when_pcp_empty) return {};
    }
    return take_from_buddy(ctx, zone, cpu);
}

Place Replayer::take_from_pcp(CpuContext& ctx, ReplayZone& zone, int cpu) {
    Attempt& at = ctx.attempt;
    PcpLists& pcp = zone.pcps[static_cast<std::size_t>(cpu)];
    if (at.refill_blocks < 0) pcp.note_allocation();
    if (pcp.empty(0, at.order, at.type)) {
        const int blocks = at.refill_blocks >= 0 ? at.refill_blocks : pcp.refill_blocks(at.order);
        at.refill_blocks = -1;
        if (policy_.highatomic_skips_refill && (at.flags & alloc::kHighAtomic) != 0) return {};
        ZoneWork work = work_for(ctx, zone);
        pcp.refill(0,
                   {.cpu = cpu,
                    .order = at.order,
                    .type = at.type,
                    .nofragment = at.nofragment,
                    .wakes_kswapd = (at.flags & alloc::kWakesKswapd) != 0},
                   blocks, work);
        expect(ctx, zone, cpu);
        if (pcp.empty(0, at.order, at.type)) return {};
    }
    return {&zone, pcp.pop(0, at.order, at.type)};
}

Place Replayer::take_from_buddy(CpuContext& ctx, ReplayZone& zone, int cpu) {
    Attempt& at = ctx.attempt;
    at.from_buddy = true;
    ZoneWork work = work_for(ctx, zone);
    Pfn page = kNoPage;
    if (alloc::reserve_first(policy_, at.flags, at.order)) {
        page = zone.zone.take_own(cpu, at.order, kHighAtomic, work);
        // Through v5.18 the event names the type that was asked for.
        if (page != kNoPage && policy_.merge_types == MergeTypes::all_but_isolated) {
            events_.back().type = at.type;
        }
    }
    if (page == kNoPage) {
        TakeRequest request{.cpu = cpu,
                            .order = at.order,
                            .type = at.type,
                            .nofragment = at.nofragment,
                            .wakes_kswapd = (at.flags & alloc::kWakesKswapd) != 0};
        page = zone.zone.take(request, work);
    }
    if (page == kNoPage && alloc::reserve_last(policy_, at.flags)) {
        page = zone.zone.take_own(cpu, at.order, kHighAtomic, work);
    }
    if (page != kNoPage) {
        zone.zone.mark_in_use(page, at.order, at.type);
        if (!policy_.account_each_block) {
            zone.zone.account(cpu, -(std::int64_t{1} << at.order), work);
        }
    }
    expect(ctx, zone, cpu);
    return {&zone, page};
}

void Replayer::on_pop(CpuContext& ctx, const ReplayLine& line) {
    Attempt& at = ctx.attempt;
    if (ctx.bulk.open) {
        given("pop order");
        bulk_pops(ctx, line.cpu, 0);
        PcpLists* pcp = bulk_list(ctx, line.cpu);
        if (pcp != nullptr && pcp->empty(0, 0, ctx.bulk.type) && ctx.bulk.refill_blocks < 0) {
            ctx.bulk.refill_blocks = pcp->refill_blocks(0);
        }
        return;
    }
    if (!at.open) {
        const ReplayLine* call = line.link != 0 ? later(line.link) : nullptr;
        if (call == nullptr) return;
        attempt_from_call(ctx, *call);
    }
    given("pop order");
    if (at.page.valid()) return;
    ReplayZone* recorded = memory_.zone(line.node, line.zone);
    if (resync_ && recorded != nullptr) {
        reach_zone(ctx, recorded, line.cpu);
    } else {
        settle_zone(ctx, recorded, line.cpu);
    }
    at.pcp_entered = true;
    if (at.page.valid()) return;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    if (at.position >= list.size()) return;
    PcpLists& pcp = list[at.position]->pcps[line.cpu];
    if (!policy_.on_pcp(at.order)) return;
    if (!pcp.empty(0, at.order, at.type)) {
        take(ctx, line.cpu, false);
    } else {
        pcp.note_allocation();
        at.refill_blocks = pcp.refill_blocks(at.order);
    }
}

// What the claims of the hold that begins with this line found.
void Replayer::gather_claims(CpuContext& ctx, const ReplayLine& line) {
    ctx.claims.facts.clear();
    if (inputs_ != Inputs::facts) return;
    const auto note = [&](const ReplayLine& claim) {
        if (claim.kind != LineKind::claim || claim.a < 0) return;
        given("movable pages of a block");
        ctx.claims.facts.push_back({claim.pfn, static_cast<Pfn>(claim.a)});
    };
    note(line);
    if (claims_ahead_ == 0) return;
    for (const Held& held : window_) {
        if (held.line.pid != line.pid || held.line.level != line.level) continue;
        if (held.line.kind == LineKind::alloc || held.line.kind == LineKind::attempt ||
            held.line.kind == LineKind::bulk_end) {
            return;
        }
        note(held.line);
    }
}

void Replayer::on_taken(CpuContext& ctx, const ReplayLine& line) {
    if (resync_) return follow_taken(ctx, line);
    if (ctx.first_expected == ctx.expected.size()) gather_claims(ctx, line);
    if (inputs_ != Inputs::calls && ctx.bulk.open) {
        given("order of holds");
        if (ctx.first_expected == ctx.expected.size()) bulk_pops(ctx, line.cpu, 1);
    } else if (inputs_ != Inputs::calls && !ctx.attempt.page.valid()) {
        if (!ctx.attempt.open) {
            const ReplayLine* call = line.link != 0 ? later(line.link) : nullptr;
            if (call != nullptr) attempt_from_call(ctx, *call);
        }
        if (ctx.attempt.open) {
            if (inputs_ == Inputs::facts) {
                settle_zone(ctx, memory_.place(line.pfn).zone, line.cpu);
            }
            const bool entered = policy_.free_scaling == FreeScaling::none ||
                                 ctx.attempt.pcp_entered || !policy_.buddy_when_pcp_empty;
            if (!entered && policy_.on_pcp(ctx.attempt.order)) given("failed trylock");
            given("order of holds");
            if (!ctx.attempt.page.valid()) take(ctx, line.cpu, !entered);
        }
    }
    if (line.kind == LineKind::claim) {
        apply_until_claim(ctx);
        return;
    }
    ++ctx.taken_recorded;
    compare(ctx, line);
}

void Replayer::on_alloc(CpuContext& ctx, const ReplayLine& line) {
    Attempt& at = ctx.attempt;
    if (ctx.capturing && ctx.capture.page != kNoPage && at.open && !at.page.valid()) {
        at.page = {ctx.capture_zone, ctx.capture.page};
    }
    ctx.capturing = false;
    ctx.capture_zone = nullptr;
    ctx.bulk = {};
    if (resync_) close_hold(ctx, line);
    if (!at.open) attempt_from_call(ctx, line);
    if (line.pfn == 0) {
        at = {};
        return;
    }
    if (!at.page.valid() && inputs_ == Inputs::facts) settle_pop(ctx, line.cpu);
    if (!at.page.valid() && resync_) {
        at.page = pop_listed(ctx, line.cpu);
    } else if (!at.page.valid()) {
        take(ctx, line.cpu, false);
    }
    count_refill(ctx, line);
    drop_expected(ctx);
    ctx.recorded.clear();
    answer(line, at, line.pfn);
    keep_highatomic(at, line.cpu);
    at = {};
}

// get_page_from_freelist reserves the pageblock of an atomic request of more than one page; 7.2 only
// if it came from the buddy lists.
void Replayer::keep_highatomic(const Attempt& at, int cpu) {
    if (!alloc::reserve_first(policy_, at.flags, at.order) || !at.page.valid()) return;
    if (policy_.highatomic_skips_refill && !at.from_buddy) return;
    ReplayZone& zone = *at.page.zone;
    if (zone.zone.reserve_highatomic(at.page.page, at.order, cpu)) show_block_types(zone);
}

void Replayer::count_refill(CpuContext& ctx, const ReplayLine& line) {
    if (!resync_ && (ctx.taken_predicted != 0 || ctx.taken_recorded != 0)) {
        score_.refill_size.count(ctx.taken_predicted == ctx.taken_recorded);
        if (ctx.taken_predicted != ctx.taken_recorded) {
            diverge(line, "blocks taken", std::to_string(ctx.taken_recorded),
                    std::to_string(ctx.taken_predicted));
        }
    }
    ctx.taken_predicted = ctx.taken_recorded = 0;
}

// The entry of a refill (6.1): the lock of the lists was got.
void Replayer::on_refill(CpuContext& ctx, const ReplayLine& line) {
    if (ctx.bulk.open) return;
    if (!ctx.attempt.open) {
        const ReplayLine* call = line.link != 0 ? later(line.link) : nullptr;
        if (call != nullptr) attempt_from_call(ctx, *call);
    }
    if (!ctx.attempt.page.valid()) {
        settle_zone(ctx, memory_.zone(line.node, line.zone), line.cpu);
    }
    ctx.attempt.pcp_entered = true;
}

void Replayer::answer(const ReplayLine& line, const Attempt& at, std::uint64_t recorded) {
    Place page = at.page;
    const bool right = page.valid() && page.pfn() == recorded;
    score_.alloc_pfn.count(right && !at.missed);
    if (!right) {
        diverge(line, "mm_page_alloc", "pfn " + std::to_string(recorded),
                page.valid() ? "pfn " + std::to_string(page.pfn()) : "no page");
        if (resync_) {
            ReplayZone* zone = memory_.place(recorded).zone;
            const bool same = zone == nullptr || page.zone == nullptr || zone == page.zone;
            resync(same ? "page of an allocation" : "zone of an allocation");
            if (!same) settle_marks(at, *zone);
            if (!at.from_buddy) put_back(page, line.cpu, at.order, at.type);
            const Pfn wrong = page.page;
            page = memory_.place(recorded);
            if (same && zone != nullptr && wrong != kNoPage) {
                pass_over(*zone, wrong, page.page, true);
            }
            if (page.valid()) take_out(page, at.order, at.type, line.cpu);
        }
    }
    if (page.valid()) remember(recorded, page, at.order);
}

}  // namespace pcpbench
