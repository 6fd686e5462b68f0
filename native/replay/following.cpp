// Following the recording hold by hold and line by line: each block is predicted from a state that is
// the recorded one, and forced where the prediction fails (--resync).
#include <algorithm>

#include "replay/allocation_flags.hpp"
#include "replay/replayer.hpp"

namespace pcpbench {

TakeRequest Replayer::request_of(const Attempt& at, int cpu) const {
    return {.cpu = cpu,
            .order = at.order,
            .type = at.type,
            .nofragment = at.nofragment,
            .wakes_kswapd = (at.flags & alloc::kWakesKswapd) != 0};
}

// Whether the zone would give the call a page, tried and taken back.
bool Replayer::would_serve(ReplayZone& at, TakeRequest request) {
    ZoneJournal journal;
    std::vector<ZoneEvent> events;
    ZoneWork work;
    work.events = &events;  // effects on counters stay there
    at.zone.keep_journal(&journal);
    const Pfn page = at.zone.step(request, work);
    at.zone.keep_journal(nullptr);
    at.zone.take_back(journal);
    return page != kNoPage || std::any_of(events.begin(), events.end(), [](const ZoneEvent& e) {
               return e.kind == ZoneEvent::Kind::fallback;
           });
}

// Asks zone after zone as the call does, until the recorded one.
void Replayer::reach_zone(CpuContext& ctx, ReplayZone* recorded, int cpu) {
    Attempt& at = ctx.attempt;
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    if (inputs_ == Inputs::facts) settle_zone(ctx, recorded, cpu);
    if (!at.tested) {
        at.position = at.first;
        test_zones(at);
    }
    bool served = false;
    while (!served && !(at.position < list.size() && list[at.position] == recorded)) {
        if (at.position >= list.size()) {
            if (!next_sweep(at)) break;
        } else {
            ReplayZone& zone = *list[at.position];
            PcpLists& pcp = zone.pcps[static_cast<std::size_t>(cpu)];
            const bool listed = policy_.on_pcp(at.order) && !pcp.empty(0, at.order, at.type);
            served = listed || would_serve(zone, request_of(at, cpu));
            if (served) break;
            at.refill_blocks = -1;
            ++at.position;
            test_zones(at);
        }
    }
    if (at.position < list.size() && list[at.position] == recorded) return;
    resync("zone of an allocation");
    settle_marks(at, *recorded);
    at.refill_blocks = -1;
    const auto found = std::find(list.begin(), list.end(), recorded);
    at.position = static_cast<std::size_t>(found - list.begin());
    at.tested = found != list.end();
}

// The watermarks decided otherwise than the model's: what it does not see of them is settled. These are
// counters that other thresholds folded, boosts that kswapd took back, and boosts by claims that failed.
void Replayer::settle_marks(Attempt at, ReplayZone& recorded) {
    at.flags = (at.flags & ~(alloc::kMarkMask | alloc::kNoWatermarks)) | alloc::kLowMark;
    bool passed_over = true;
    for (ReplayZone* zone : memory_.zonelists[static_cast<std::size_t>(at.node)]) {
        if (zone->index > at.highest_zone) continue;
        for (int cpu = 0; cpu < memory_.cpus; ++cpu) zone->zone.fold(cpu);
        const std::int64_t boost = zone->zone.boost_pages();
        if (zone == &recorded) {
            passed_over = false;
            if (boost != 0 && !zone_passes(at, *zone)) zone->zone.set_boost(0);
        } else if (passed_over && (at.gfp & gfp_bit::kWrite) == 0) {
            for (int i = 0; i < 4 && zone_passes(at, *zone); ++i) zone->zone.boost_watermark();
            if (zone_passes(at, *zone)) zone->zone.set_boost(boost);
        }
    }
}

void Replayer::open_take(CpuContext& ctx, const ReplayLine& line) {
    close_hold(ctx, line);
    ReplayZone* recorded = memory_.place(line.pfn).zone;
    if (recorded == nullptr) return;
    Attempt& at = ctx.attempt;
    Followed& hold = ctx.hold = {.kind = Followed::Kind::take, .zone = recorded, .owner = line.cpu};
    given("order of holds");
    if (ctx.bulk.open) return open_bulk_take(ctx, line);
    if (!at.open) {
        const ReplayLine* call = line.link != 0 ? later(line.link) : nullptr;
        if (call != nullptr) attempt_from_call(ctx, *call);
    }
    if (!at.open || (line.kind != LineKind::claim && at.order != line.order)) {
        resync("blocks taken without a call");
        // Newer kernels name the list that the block was on, which nobody may ask for.
        hold.request = {.cpu = line.cpu, .order = line.order, .type = pcp_type(line.type)};
        hold.to_lists = policy_.on_pcp(line.order);
        hold.wanted = 1;
        return;
    }
    if (at.page.valid()) {  // the model found one on a list
        resync("list that was empty");
        put_back(at.page, line.cpu, at.order, at.type);
        at.page = {};
    }
    reach_zone(ctx, recorded, line.cpu);
    const bool entered = policy_.free_scaling == FreeScaling::none || at.pcp_entered ||
                         !policy_.buddy_when_pcp_empty;
    hold.to_lists = policy_.on_pcp(at.order) && entered;
    if (!entered && policy_.on_pcp(at.order)) given("failed trylock");
    hold.request = request_of(at, line.cpu);
    hold.wanted = 1;
    hold.answers = true;
    if (hold.to_lists) {
        PcpLists& pcp = recorded->pcps[line.cpu];
        if (at.refill_blocks < 0) pcp.note_allocation();
        hold.wanted = at.refill_blocks >= 0 ? at.refill_blocks : pcp.refill_blocks(at.order);
        at.refill_blocks = -1;
        empty_if_listed(*recorded, line.cpu, at.order, at.type);
    }
}

void Replayer::empty_if_listed(ReplayZone& zone, int cpu, int order, int type) {
    if (zone.pcps[static_cast<std::size_t>(cpu)].empty(0, order, type)) return;
    resync("list that was empty");
    empty_list(zone, cpu, order, type);
}

void Replayer::open_bulk_take(CpuContext& ctx, const ReplayLine& line) {
    Followed& hold = ctx.hold;
    if (ctx.bulk.zone != hold.zone) {
        resync("zone of an allocation");
        ctx.bulk.zone = hold.zone;
    }
    bulk_pops(ctx, line.cpu, 0);
    PcpLists& pcp = hold.zone->pcps[line.cpu];
    hold.request = {.cpu = line.cpu, .order = 0, .type = ctx.bulk.type, .wakes_kswapd = false};
    hold.to_lists = true;
    hold.wanted = ctx.bulk.refill_blocks >= 0 ? ctx.bulk.refill_blocks : pcp.refill_blocks(0);
    ctx.bulk.refill_blocks = -1;
    empty_if_listed(*hold.zone, line.cpu, 0, ctx.bulk.type);
}

// The next block of the hold, as the model takes it.
void Replayer::predict_block(CpuContext& ctx) {
    Followed& hold = ctx.hold;
    Zone& zone = hold.zone->zone;
    const std::uint32_t flags = hold.answers && !hold.to_lists ? ctx.attempt.flags : 0;
    ctx.attempt.from_buddy = !hold.to_lists;
    journal_.steps.clear();
    hold.counted = 0;
    ZoneWork work = work_for(ctx, *hold.zone);
    zone.keep_journal(&journal_);
    Pfn page = kNoPage;
    if (alloc::reserve_first(policy_, flags, hold.request.order)) {
        page = zone.take_own(hold.owner, hold.request.order, kHighAtomic, work);
    }
    if (page == kNoPage) page = zone.step(hold.request, work);
    if (page == kNoPage && events_.empty() && alloc::reserve_last(policy_, flags)) {
        page = zone.take_own(hold.owner, hold.request.order, kHighAtomic, work);
    }
    zone.keep_journal(nullptr);
    expect(ctx, *hold.zone, hold.owner);
    hold.block = kNoPage;
    if (page != kNoPage) keep_block(ctx, page);
}

// A block taken: the answer of the call, or one more on the list.
void Replayer::keep_block(CpuContext& ctx, Pfn page) {
    Followed& hold = ctx.hold;
    Zone& zone = hold.zone->zone;
    hold.block = page;
    ++hold.got;
    if (hold.answers && hold.got == 1) {
        ctx.attempt.page = {hold.zone, page};
        zone.mark_in_use(page, hold.request.order, hold.request.type);
    } else if (hold.to_lists) {
        const int index = policy_.list_index(hold.request.order, hold.request.type);
        hold.zone->pcps[static_cast<std::size_t>(hold.owner)].append(
            index, page, hold.request.order, zone.frames()[page].list_type);
    } else {
        zone.mark_in_use(page, hold.request.order, hold.request.type);
    }
}

void Replayer::drop_block(CpuContext& ctx) {
    Followed& hold = ctx.hold;
    if (hold.block == kNoPage) return;
    if (hold.answers && hold.got == 1) {
        ctx.attempt.page = {};
    } else if (hold.to_lists) {
        const int index = policy_.list_index(hold.request.order, hold.request.type);
        hold.zone->pcps[static_cast<std::size_t>(hold.owner)].withdraw(index, hold.block);
    }
    --hold.got;
    hold.block = kNoPage;
}

void Replayer::follow_taken(CpuContext& ctx, const ReplayLine& line) {
    Followed& hold = ctx.hold;
    const bool more = hold.kind == Followed::Kind::take && hold.zone == memory_.place(line.pfn).zone &&
                      (line.kind == LineKind::claim || hold.request.order == line.order) &&
                      !(ctx.bulk.open && hold.got >= hold.wanted && line.kind == LineKind::taken);
    if (!more) {
        gather_claims(ctx, line);
        open_take(ctx, line);
        if (hold.kind != Followed::Kind::take) return;
    }
    bool pending = next_visible(ctx) != ZoneEvent::Kind::hold_end;
    if (pending && line.kind == LineKind::taken && hold.block != kNoPage &&
        next_visible(ctx) == ZoneEvent::Kind::fallback) {
        resync("fallback that was not made");
        drop_expected(ctx);
        pending = false;
    }
    if (!pending && line.kind == LineKind::fallback && hold.block != kNoPage &&
        policy_.fallback == Fallback::claim_then_steal && hold.zone->base + hold.block == line.pfn) {
        score_.fallback.count(false);
        resync("fallback that was not predicted");
        claim_block(hold, hold.block, line.type);
        return;
    }
    if (!pending) predict_block(ctx);
    if (line.kind == LineKind::claim) return apply_until_claim(ctx);
    ctx.hold.exact = true;
    const bool right = confirm(ctx, line);
    // What moves in the pageblock's wake is part of the choice.
    const bool chosen = line.kind != LineKind::fallback ||
                        policy_.fallback != Fallback::steal_whole || ctx.hold.exact;
    if (!right || !chosen) force_taken(ctx, line);
    // Asked now: others may free pages before the hold is seen to be over.
    if (next_visible(ctx) != ZoneEvent::Kind::hold_end) return;
    ctx.hold.exhausted =
        ctx.hold.got < ctx.hold.wanted && !would_serve(*ctx.hold.zone, ctx.hold.request);
}

// The pageblock and its free blocks change to the type.
void Replayer::claim_block(Followed& hold, Pfn page, int type) {
    ZoneWork work;
    hold.zone->zone.move_free_blocks(page, type, hold.owner, work);
    retype({hold.zone, page}, type);
}

// The extfrag line that follows a zone_locked line of the same block: it was claimed.
const ReplayLine* Replayer::fallback_of(const ReplayLine& line) const {
    if (line.kind == LineKind::fallback) return &line;
    if (policy_.fallback != Fallback::claim_then_steal) return nullptr;
    for (const Held& held : window_) {
        const ReplayLine& next = held.line;
        if (next.cpu != line.cpu || next.pid != line.pid || next.level != line.level) continue;
        if (next.kind == LineKind::fallback && next.pfn == line.pfn) return &next;
        if (next.kind != LineKind::claim) return nullptr;
    }
    return nullptr;
}

// The prediction of a block is taken back, and the recorded one taken.
void Replayer::force_taken(CpuContext& ctx, const ReplayLine& line) {
    Followed& hold = ctx.hold;
    Zone& zone = hold.zone->zone;
    ctx.expected.clear();
    ctx.first_expected = 0;
    drop_block(ctx);
    zone.take_back(journal_);
    zone.account(hold.owner, -hold.counted);
    const Pfn page = static_cast<Pfn>(line.pfn - hold.zone->base);
    const ReplayLine* fallback = fallback_of(line);
    if (policy_.fallback == Fallback::steal_whole && fallback != nullptr) {
        resync("choice of a fallback");
        return force_steal(hold, line, page);
    }
    int rest = line.type;
    if (fallback != nullptr) {
        resync("choice of a fallback");
        const Pfn head = page & ~((Pfn{1} << fallback->other_order) - 1);
        const Pfn size = Pfn{1} << policy_.pageblock_order;
        if (fallback->other_order >= policy_.pageblock_order) {
            for (Pfn p = head; p < head + (Pfn{1} << fallback->other_order); p += size) {
                retype({hold.zone, p}, line.type);
            }
        } else if (fallback->flag && line.kind == LineKind::taken) {
            if (zone.boost_watermark() && hold.request.wakes_kswapd) zone.set_boosted_flag(true);
            claim_block(hold, page, line.type);
        } else {
            rest = fallback->other_type;
        }
    } else {
        resync("block taken");
        clear_the_way(hold, line, page);
    }
    take_out({hold.zone, page}, line.order, rest, hold.owner);
    // Where a refill is counted at its end, this block is counted once more there.
    if (!policy_.account_each_block) zone.account(hold.owner, std::int64_t{1} << line.order);
    zone.frames()[page].list_type = static_cast<std::uint8_t>(rest);
    if (hold.answers && hold.got == 0) ctx.attempt.missed = true;
    keep_block(ctx, page);
}

// Through 6.9 the block found moves first, with its pageblock or alone; it is taken afterwards.
void Replayer::force_steal(Followed& hold, const ReplayLine& line, Pfn page) {
    Zone& zone = hold.zone->zone;
    const int order = line.other_order;
    if (page + (Pfn{1} << order) > zone.frames().size()) return;
    take_out({hold.zone, page}, order, line.other_type, hold.owner);
    zone.insert(page, order, line.other_type, false);
    zone.account(hold.owner, std::int64_t{1} << order);
    ZoneWork work;
    zone.steal_as_recorded(page, order, line.flag, hold.request, work);
    show_block_types(*hold.zone);
}

// The hold is over: its size is compared, and counted where that comes at the end.
void Replayer::close_take(CpuContext& ctx, const ReplayLine& line) {
    Followed& hold = ctx.hold;
    drop_expected(ctx);
    hold.kind = Followed::Kind::none;
    const bool exact = hold.got == hold.wanted || hold.exhausted;
    if (hold.answers) look_at_boost(ctx.attempt, *hold.zone);
    score_.refill_size.count(exact);
    if (!exact) {
        diverge(line, "blocks taken", std::to_string(hold.got), std::to_string(hold.wanted));
        resync("size of a refill");
    }
    if (!policy_.account_each_block) {
        hold.zone->zone.account(hold.owner, -(std::int64_t{hold.got} << hold.request.order));
    }
}

void Replayer::close_hold(CpuContext& ctx, const ReplayLine& line) {
    if (ctx.hold.kind == Followed::Kind::take) close_take(ctx, line);
    if (ctx.hold.kind == Followed::Kind::flush) close_flush(ctx, line);
}

// A page popped by prediction goes back to the head of its list.
void Replayer::put_back(const Place& page, int cpu, int order, int type) {
    if (!page.valid() || !policy_.on_pcp(order)) return;
    if (page.zone->zone.frames()[page.page].state != PageState::in_use) return;
    const int listed = page.zone->zone.frames()[page.page].list_type;
    page.zone->pcps[static_cast<std::size_t>(cpu)].prepend(policy_.list_index(order, type),
                                                           page.page, order, listed);
}

// An allocation without a line of the zone lock: from the first list that holds a page.
Place Replayer::pop_listed(CpuContext& ctx, int cpu) {
    Attempt& at = ctx.attempt;
    if (!policy_.on_pcp(at.order)) return {};
    const auto& list = memory_.zonelists[static_cast<std::size_t>(at.node)];
    if (!at.tested) {
        at.position = at.first;
        test_zones(at);
    }
    const auto pop = [&](ReplayZone& zone) -> Place {
        PcpLists& pcp = zone.pcps[static_cast<std::size_t>(cpu)];
        if (pcp.empty(0, at.order, at.type)) return {};
        if (at.refill_blocks < 0) pcp.note_allocation();
        at.page = {&zone, pcp.pop(0, at.order, at.type)};
        look_at_boost(at, zone);
        return at.page;
    };
    if (at.position < list.size()) {
        if (const Place page = pop(*list[at.position]); page.valid()) return page;
    }
    for (std::size_t i = at.first; i < list.size(); ++i) {
        if (list[i]->index > at.highest_zone) continue;
        if (const Place page = pop(*list[i]); page.valid()) return page;
    }
    return {};
}

}  // namespace pcpbench
