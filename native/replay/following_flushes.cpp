// Following flushes, drains and frees line by line (--resync): what following.cpp does for takes.
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

void Replayer::open_flush(CpuContext& ctx, const ListWork& work, std::uint32_t pages) {
    const PcpLists& pcp = work.zone->pcps[static_cast<std::size_t>(work.owner)];
    ctx.hold = {.kind = Followed::Kind::flush, .zone = work.zone, .owner = work.owner};
    ctx.hold.cursor = pcp.begin_flush(pages, work.first_list);
    ctx.hold.of_flush = work.kind == ListWork::Kind::flush;
    ctx.hold.last = work.pages <= 0;
}

// The CPU on whose list a page is, -1 if it is on none.
int Replayer::owner_of(const Place& place) const {
    const auto frames = place.zone->zone.frames();
    if (frames[place.page].state != PageState::pcp) return -1;
    Pfn head = place.page;
    while (frames[head].prev != kNoPage) head = frames[head].prev;
    for (const PcpLists& pcp : place.zone->pcps) {
        for (int index = 0; index < policy_.nr_lists(); ++index) {
            if (pcp.lists(0).lists[static_cast<std::size_t>(index)].head == head) return pcp.cpu();
        }
    }
    return -1;
}

// A hold ends and the next one that is pending begins; of several, the one that the page belongs to.
void Replayer::next_flush(CpuContext& ctx, const ReplayLine& line, const Place& recorded) {
    close_hold(ctx, line);
    const int owner = owner_of(recorded);
    for (std::size_t i = ctx.first_work; owner >= 0 && i < ctx.works.size(); ++i) {
        if (ctx.works[i].zone == recorded.zone && ctx.works[i].owner == owner) {
            ctx.first_work = i;
            break;
        }
    }
    if (ctx.first_work < ctx.works.size()) {
        given("order of holds");
        start_hold(ctx, line.cpu);
    }
    if (ctx.hold.kind == Followed::Kind::flush) return;
    resync("flush that was not predicted");
    if (owner == line.cpu) settle_high(recorded.zone->pcps[line.cpu], 0);
    ctx.hold = {.kind = Followed::Kind::flush,
                .zone = recorded.zone,
                .owner = owner >= 0 ? owner : int{line.cpu},
                .corrected = true};
}

void Replayer::follow_drained(CpuContext& ctx, const ReplayLine& line) {
    const Place recorded = memory_.place(line.pfn);
    if (!recorded.valid()) return;
    Followed& hold = ctx.hold;
    const bool done = hold.kind == Followed::Kind::flush && hold.cursor.left <= 0 &&
                      ctx.first_work < ctx.works.size();
    const bool elsewhere = hold.kind == Followed::Kind::flush && hold.zone != recorded.zone;
    if (hold.kind != Followed::Kind::flush || done || elsewhere) next_flush(ctx, line, recorded);
    PcpLists& pcp = hold.zone->pcps[static_cast<std::size_t>(hold.owner)];
    Zone& zone = hold.zone->zone;
    const FlushCursor before = hold.cursor;
    const Pfn predicted = pcp.flush_next(0, hold.cursor);
    const bool right = predicted == recorded.page;
    const int order = predicted != kNoPage ? int{zone.frames()[predicted].order} : -1;
    const int type = predicted != kNoPage ? drained_type(zone, predicted) : -1;
    const bool exact = right && order == line.order && type == line.type;
    score_.drain_pfn.count(exact);
    if (!exact) {
        hold.exact = false;
        diverge(line, "mm_page_pcpu_drain", "pfn " + std::to_string(line.pfn),
                predicted == kNoPage ? "nothing" : "pfn " + std::to_string(hold.zone->base + predicted));
    }
    if (!right) {
        if (predicted != kNoPage) {
            hold.cursor = before;
            const int type = zone.frames()[predicted].list_type;
            pcp.append(policy_.list_index(order, pcp_type(type)), predicted, order, type);
        }
        if (!hold.corrected) resync(predicted == kNoPage ? "size of a flush" : "page flushed");
        hold.corrected = true;
        if (predicted != kNoPage && hold.zone == recorded.zone) {
            pass_over(*hold.zone, predicted, recorded.page, false);
        }
        take_out(recorded, line.order, line.type, line.cpu);
        hold.cursor.left -= std::int64_t{1} << line.order;
    } else if (type != line.type && policy_.drain_by_pageblock) {
        resync("type of a pageblock");
        retype(recorded, line.type);
    }
    ZoneWork work = {};
    zone.give(recorded.page, line.order, line.type, line.cpu, work,
              {.capture = slot_of(ctx, *hold.zone)});
    note_capture(ctx, *hold.zone);
    if (hold.cursor.left <= 0) end_flush(ctx);
}

// The last page of a flush has gone: its end looks at the high watermark, with the counters of now.
void Replayer::end_flush(CpuContext& ctx) {
    Followed& hold = ctx.hold;
    const PcpLists& pcp = hold.zone->pcps[static_cast<std::size_t>(hold.owner)];
    if (!hold.of_flush || (!hold.last && pcp.count() != 0)) return;
    hold.of_flush = false;
    apply(ctx, {{.kind = ZoneEvent::Kind::flushed}, hold.zone, hold.owner});
}

void Replayer::close_flush(CpuContext& ctx, const ReplayLine& line) {
    Followed& hold = ctx.hold;
    hold.kind = Followed::Kind::none;
    const PcpLists& pcp = hold.zone->pcps[static_cast<std::size_t>(hold.owner)];
    if (hold.cursor.left > 0 && pcp.count() > 0) {
        hold.exact = false;
        diverge(line, "mm_page_pcpu_drain", "nothing more", std::to_string(hold.cursor.left) + " pages");
        if (!hold.corrected) resync("size of a flush");
    }
    score_.drain_size.count(hold.exact);
    end_flush(ctx);
}

// A list's `high` (6.7+) that decided a flush otherwise: as much above its count as says that.
void Replayer::settle_high(PcpLists& pcp, int above) {
    if (policy_.free_scaling != FreeScaling::free_count) return;
    PcpTuning tuning = pcp.tuning();
    tuning.high = std::clamp(static_cast<int>(pcp.count()) + above, tuning.high_min,
                             std::max(tuning.high_min, tuning.high_max));
    pcp.set_tuning(tuning);
}

// A flush that was decided, and of which no line shows anything.
void Replayer::skip_flush(CpuContext& ctx, const ReplayLine& line) {
    ListWork& work = ctx.works[ctx.first_work++];
    diverge(line, "flush", "none", std::to_string(work.pages) + " pages");
    score_.drain_size.count(false);
    resync("flush that was not made");
    settle_high(work.zone->pcps[static_cast<std::size_t>(work.owner)], 1);
    apply(ctx, {{.kind = ZoneEvent::Kind::flushed}, work.zone, line.cpu});
}

// A page freed: not on any list, as large as the line says, and of the type that it names.
void Replayer::follow_free(CpuContext& ctx, PendingFree& pending, const ReplayLine& line) {
    if (line.order > pending.order) {
        resync("merged frees");
        for (std::uint64_t i = 1; i < std::uint64_t{1} << line.order; ++i) {
            const std::size_t tail = find_pending(ctx, line.pfn + i);
            if (tail != ctx.frees.size()) take_pending(ctx, tail);
        }
        pending.order = line.order;
    }
    if (line.kind == LineKind::push && pending.type < kPcpTypes && line.type < kPcpTypes &&
        line.type != pending.type) {
        resync("type of a pageblock");
        retype(pending.page, line.type);
        pending.type = line.type;
    }
    if (take_out(pending.page, pending.order, kMovable, line.cpu)) {
        resync("page freed that was free");
    }
}

}  // namespace pcpbench
