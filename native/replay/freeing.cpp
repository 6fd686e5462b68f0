// Frees: onto a CPU's list or into the buddy lists (mm/page_alloc.c:free_unref_page_commit,
// free_one_page).
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

// A pageblock that changed its type between a free's event and its push: the free read it in between,
// before or after. Only the probe line tells.
void Replayer::settle_type(PendingFree& pending, const ReplayLine& line) {
    if (inputs_ != Inputs::facts) return;
    // A claim under way has changed the block for whoever reads it now, which others may see or not.
    const ReplayZone& zone = *pending.page.zone;
    const int seen = zone.visible_type(pending.page.page);
    const int changed = zone.zone.pageblock_type(pending.page.page);
    if (line.type == pending.type || line.type >= kPcpTypes) return;
    if (line.type != seen && line.type != changed) return;
    given("type read beside a change");
    pending.type = line.type;
}

std::size_t Replayer::find_pending(CpuContext& ctx, std::uint64_t recorded_pfn) const {
    // Batches are pushed in the order announced: usually the first.
    for (std::size_t i = ctx.first_free; i < ctx.frees.size(); ++i) {
        if (ctx.frees[i].recorded_pfn == recorded_pfn) return i;
    }
    return ctx.frees.size();
}

PendingFree Replayer::take_pending(CpuContext& ctx, std::size_t at) {
    const PendingFree pending = ctx.frees[at];
    if (at == ctx.first_free) {
        ++ctx.first_free;
    } else {
        ctx.frees.erase(ctx.frees.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (ctx.first_free == ctx.frees.size()) {
        ctx.frees.clear();
        ctx.first_free = 0;
    }
    return pending;
}

void Replayer::on_free(CpuContext& ctx, const ReplayLine& line) {
    const Place page = handle(line.pfn);
    if (!page.valid()) return;
    if (const std::size_t old = find_pending(ctx, line.pfn); old != ctx.frees.size()) {
        take_pending(ctx, old);
    }
    PendingFree pending{.recorded_pfn = line.pfn,
                        .page = page,
                        .order = line.order,
                        .type = static_cast<std::uint8_t>(page.zone->visible_type(page.page)),
                        .batched = line.batched,
                        .settles = line.batched || line.link != 0};
    if (inputs_ == Inputs::calls && !line.batched) {
        if (policy_.on_pcp(line.order) && pending.type != policy_.isolate_type()) {
            push_to_pcp(ctx, pending, line.cpu);
        } else {
            free_to_buddy(ctx, pending, line.cpu);
        }
        return;
    }
    ctx.frees.push_back(pending);
}

// Since 7.2 a run of pages that vfree or free_contig_range announced one by one enters the lists as
// blocks, as large as alignment and what is left allow (__free_contig_range). Pages without a line of
// their own tell that it was one: then the pages that follow the first without a gap belong to it.
void Replayer::merge_run(CpuContext& ctx, std::size_t at) {
    if (inputs_ != Inputs::order || ctx.frees[at].order != 0) return;
    const PendingFree& head = ctx.frees[at];
    std::size_t run = 1;
    bool merged = false;
    for (; at + run < ctx.frees.size(); ++run) {
        const PendingFree& next = ctx.frees[at + run];
        if (next.order != 0 || next.batched || next.page.zone != head.page.zone ||
            next.page.page != head.page.page + run) {
            break;
        }
        merged = merged || !next.settles;
    }
    if (!merged || head.batched) return;
    int order = 0;
    while (order < policy_.max_order && (head.page.pfn() & ((std::uint64_t{2} << order) - 1)) == 0 &&
           (std::size_t{2} << order) <= run) {
        ++order;
    }
    ctx.frees[at].order = static_cast<std::uint8_t>(order);
    const auto first = ctx.frees.begin() + static_cast<std::ptrdiff_t>(at);
    ctx.frees.erase(first + 1, first + (std::ptrdiff_t{1} << order));
}

void Replayer::on_push(CpuContext& ctx, const ReplayLine& line) {
    const std::size_t at = find_pending(ctx, line.pfn);
    if (at == ctx.frees.size()) return;
    merge_run(ctx, at);
    PendingFree pending = take_pending(ctx, at);
    if (policy_.drain_by_pageblock && pending.batched) {
        pending.type = static_cast<std::uint8_t>(pending.page.zone->visible_type(pending.page.page));
    }
    settle_type(pending, line);
    if (resync_) follow_free(ctx, pending, line);
    if (inputs_ != Inputs::calls) given("push order");
    push_to_pcp(ctx, pending, line.cpu);
}

void Replayer::push_to_pcp(CpuContext& ctx, const PendingFree& pending, int cpu) {
    ReplayZone& zone = *pending.page.zone;
    if (!may_free(pending.page, pending.order)) return;
    PcpLists& pcp = zone.pcps[static_cast<std::size_t>(cpu)];
    pcp.place(0, pending.page.page, pending.order, pending.type);
    if (policy_.reclaim_active_batches > 0) learn_flags(ctx, zone, pcp, pending.order);
    const std::uint32_t flush = pcp.commit(0, pending.order);
    if (flush == 0) return;
    ListWork work{.kind = ListWork::Kind::flush,
              .zone = &zone,
              .owner = cpu,
              .pages = flush,
              .first_list = policy_.list_index(pending.order, pcp_type(pending.type))};
    ctx.works.push_back(work);
    if (inputs_ == Inputs::calls) run_all_works(ctx, cpu);
}

bool Replayer::may_free(const Place& place, int order) const {
    const auto frames = place.zone->zone.frames();
    const Pfn end = place.page + (Pfn{1} << order);
    if (end > frames.size() || (place.page & ((Pfn{1} << order) - 1)) != 0) return false;
    const auto free = [&](Pfn p) {
        return frames[p].state == PageState::buddy || frames[p].state == PageState::pcp;
    };
    if (free(place.page)) return false;
    if (score_.first.line == 0) return true;
    for (Pfn p = place.page; p < end; ++p) {
        if (free(p)) return false;
    }
    for (int o = 1; o <= policy_.max_order; ++o) {
        const Pfn head = place.page & ~((Pfn{1} << o) - 1);
        if (free(head) && frames[head].order >= o) return false;
    }
    return true;
}

// An interrupt frees for the task that it interrupted (task_capc).
CpuContext& Replayer::capturer(CpuContext& ctx) {
    if (now_->level == 0 || now_->pid == 0) return ctx;
    const auto task = contexts_.find(now_->pid);
    return task == contexts_.end() ? ctx : task->second;
}

CaptureSlot* Replayer::slot_of(CpuContext& ctx, const ReplayZone& zone) {
    CpuContext& task = capturer(ctx);
    return task.capturing && task.compacted == &zone ? &task.capture : nullptr;
}

void Replayer::note_capture(CpuContext& ctx, ReplayZone& zone) {
    CpuContext& task = capturer(ctx);
    if (task.capturing && task.capture.page != kNoPage && task.capture_zone == nullptr) {
        task.capture_zone = &zone;
    }
}

bool Replayer::would_flush(ReplayZone& zone, PcpLists& pcp, int order, bool reclaim, bool below) {
    const PcpTuning before = pcp.tuning();
    const bool was_active = zone.zone.reclaim_active();
    const bool was_below = zone.zone.below_high();
    zone.zone.set_reclaim_active(reclaim);
    zone.zone.set_below_high(below);
    const bool any = pcp.commit(0, order) != 0;
    pcp.set_tuning(before);
    zone.zone.set_reclaim_active(was_active);
    zone.zone.set_below_high(was_below);
    return any;
}

// While kswapd runs, ZONE_RECLAIM_ACTIVE is set late and cleared early. Where a push would flush only
// with it, whether a flush was recorded tells. A replay that corrects itself asks at any time, and
// for ZONE_BELOW_HIGH too.
void Replayer::learn_flags(CpuContext& ctx, ReplayZone& zone, PcpLists& pcp, int order) {
    const bool facts = inputs_ == Inputs::facts;
    if (facts ? !zone.run_active : !resync_ || score_.first.line == 0) return;
    const bool active = zone.zone.reclaim_active();
    const bool below = zone.zone.below_high();
    const bool with = would_flush(zone, pcp, order, true, below);
    const bool without = would_flush(zone, pcp, order, false, below);
    if (with != without) {
        const bool now = flush_follows(ctx) == with;
        if (now != active) learn("reclaim-active flag");
        zone.zone.set_reclaim_active(now);
    } else if (!facts && policy_.below_high_flag && flush_follows(ctx) != with &&
               would_flush(zone, pcp, order, active, !below) != with) {
        resync("below-high flag");
        zone.zone.set_below_high(!below);
    }
}

bool Replayer::flush_follows(CpuContext&) const {
    for (const Held& held : window_) {
        const ReplayLine& next = held.line;
        if (next.cpu != now_->cpu || next.pid != now_->pid || next.level != now_->level) continue;
        return next.kind == LineKind::flush || next.kind == LineKind::drained ||
               next.kind == LineKind::free_inner;
    }
    return false;
}

// A free that the lock of the zone lets in: of an order without lists, an isolated block, or
// because the trylock of the lists failed.
void Replayer::on_free_inner(CpuContext& ctx, const ReplayLine& line) {
    const std::size_t at = find_pending(ctx, line.pfn);
    if (at != ctx.frees.size()) {
        ctx.direct_pfn = 0;
        merge_run(ctx, at);
        PendingFree pending = take_pending(ctx, at);
        settle_type(pending, line);
        if (resync_) follow_free(ctx, pending, line);
        if (policy_.on_pcp(pending.order)) given("failed trylock");
        given("order of holds");
        free_to_buddy(ctx, pending, line.cpu);
        return;
    }
    // The hold of a flush begins.
    const bool followed = ctx.hold.kind == Followed::Kind::flush;
    if (followed && ctx.hold.cursor.left > 0) return;
    if (ctx.first_expected == ctx.expected.size() && ctx.first_work < ctx.works.size()) {
        if (followed) close_flush(ctx, line);
        given("order of holds");
        start_hold(ctx, line.cpu);
    }
}

// A probe line under the lock may be missing (kprobes do not nest): then the free is over when its
// context goes on.
void Replayer::free_direct(CpuContext& ctx, const ReplayLine& line) {
    const std::size_t at = find_pending(ctx, ctx.direct_pfn);
    ctx.direct_pfn = 0;
    if (at != ctx.frees.size()) free_to_buddy(ctx, take_pending(ctx, at), line.cpu);
}

void Replayer::free_to_buddy(CpuContext& ctx, const PendingFree& pending, int cpu) {
    ReplayZone& zone = *pending.page.zone;
    if (!may_free(pending.page, pending.order)) return;
    ZoneWork work = work_for(ctx, zone);
    work.events = nullptr;  // no one looks between: the hold has one block
    int order = pending.order;
    CaptureSlot* slot = slot_of(ctx, zone);
    const Pfn page = pending.page.page;
    const bool again = zone.zone.isolated_blocks() > 0 || pending.type == policy_.isolate_type();
    const int type = again ? zone.zone.pageblock_type(page) : pending.type;
    zone.zone.give_block(page, order, type, cpu, work, {.to_tail = ctx.to_tail, .capture = slot});
    ctx.to_tail = false;
    note_capture(ctx, zone);
    if (policy_.merge_types == MergeTypes::pcp_types_set_type &&
        order >= policy_.pageblock_order) {
        show_block_types(zone);
    }
}

void Replayer::show_block_types(ReplayZone& zone) {
    for (std::size_t i = 0; i < zone.visible_types.size(); ++i) {
        zone.visible_types[i] = static_cast<std::uint8_t>(
            zone.zone.pageblock_type(static_cast<Pfn>(i << policy_.pageblock_order)));
    }
}

// 7.2: a run of order-0 pages, announced one by one, is freed as larger blocks.
void Replayer::on_contig_free(CpuContext& ctx, const ReplayLine& line) {
    given("merged frees");
    std::uint64_t pfn = line.pfn;
    std::int64_t left = std::min<std::int64_t>(line.a, memory_.end_pfn);
    std::vector<PendingFree> blocks;
    while (left > 0) {
        int order = 0;
        while (order < policy_.max_order && (pfn & ((std::uint64_t{2} << order) - 1)) == 0 &&
               (std::int64_t{2} << order) <= left) {
            ++order;
        }
        const std::size_t at = find_pending(ctx, pfn);
        if (at != ctx.frees.size()) {
            PendingFree block = take_pending(ctx, at);
            block.order = static_cast<std::uint8_t>(order);
            for (std::uint64_t i = pfn + 1; i < pfn + (std::uint64_t{1} << order); ++i) {
                const std::size_t tail = find_pending(ctx, i);
                if (tail != ctx.frees.size()) take_pending(ctx, tail);
            }
            blocks.push_back(block);
        }
        pfn += std::uint64_t{1} << order;
        left -= std::int64_t{1} << order;
    }
    for (const PendingFree& block : blocks) ctx.frees.push_back(block);
}

}  // namespace pcpbench
