// Flushes and drains: decided in one place, done where the recording shows the zone lock held.
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

void Replayer::on_drained(CpuContext& ctx, const ReplayLine& line) {
    if (resync_) return follow_drained(ctx, line);
    if (inputs_ != Inputs::calls && ctx.first_expected == ctx.expected.size() &&
        ctx.first_work < ctx.works.size()) {
        given("order of holds");
        start_hold(ctx, line.cpu);
    }
    compare(ctx, line);
}

void Replayer::run_all_works(CpuContext& ctx, int cpu) {
    while (ctx.first_work < ctx.works.size()) start_hold(ctx, cpu);
    ctx.works.clear();
    ctx.first_work = 0;
}

int Replayer::chunk_batches(const ListWork& work) const {
    return work.kind == ListWork::Kind::flush   ? policy_.flush_chunk_batches
           : work.kind == ListWork::Kind::decay ? policy_.decay_chunk_batches
                                            : 0;
}

// Begins the next hold of what is pending; a pending drain of an empty list passes without one.
void Replayer::start_hold(CpuContext& ctx, int cpu) {
    while (ctx.first_work < ctx.works.size()) {
        ListWork& work = ctx.works[ctx.first_work];
        const PcpLists& pcp = work.zone->pcps[static_cast<std::size_t>(work.owner)];
        if (work.kind == ListWork::Kind::drain && !work.started) {
            work.pages = pcp.count();
        }
        if (work.pages <= 0 || pcp.count() == 0) {
            ++ctx.first_work;
            continue;
        }
        std::uint32_t pages = static_cast<std::uint32_t>(work.pages);
        const int batch = pcp.tuning().batch;
        if (work.kind == ListWork::Kind::drain) {
            const int most = policy_.drain_hold_batches * batch;
            if (most > 0) pages = std::min<std::uint32_t>(pcp.count(), static_cast<std::uint32_t>(most));
            work.pages = static_cast<std::int64_t>(pcp.count()) - pages;
            work.started = false;  // the next turn looks at the count again
        } else if (const int chunk = chunk_batches(work); chunk > 0) {
            pages = std::min(pages, static_cast<std::uint32_t>(chunk * batch));
            work.pages -= pages;
        } else {
            work.pages = 0;
        }
        const bool last = work.pages <= 0;
        run_hold(ctx, work, pages, cpu);
        if (last) ++ctx.first_work;
        return;
    }
}

void Replayer::run_hold(CpuContext& ctx, ListWork& work, std::uint32_t pages, int cpu) {
    ReplayZone& zone = *work.zone;
    PcpLists& pcp = zone.pcps[static_cast<std::size_t>(work.owner)];
    if (!policy_.free_in_pageblocks && work.owner != cpu) pop_before_drain(work.owner);
    if (resync_) return open_flush(ctx, work, pages);
    collected_.clear();
    pcp.collect(0, pages, collected_, work.first_list);
    ZoneWork zone_work = work_for(ctx, zone);
    free_collected(zone.zone, cpu, collected_, zone_work, slot_of(ctx, zone));
    note_capture(ctx, zone);
    if (work.kind == ListWork::Kind::flush && (work.pages <= 0 || pcp.count() == 0)) {
        events_.push_back({.kind = ZoneEvent::Kind::flushed});
    }
    events_.push_back({.kind = ZoneEvent::Kind::hold_end});
    ctx.surplus = false;
    expect(ctx, zone, cpu);
}

// The context goes on to something else: what was pending is over.
void Replayer::end_works(CpuContext& ctx, const ReplayLine& line) {
    ctx.surplus = false;
    if (ctx.hold.kind == Followed::Kind::flush) close_flush(ctx, line);
    if (!resync_ && ctx.first_expected < ctx.expected.size() &&
        ctx.expected[ctx.first_expected].event.kind == ZoneEvent::Kind::freed) {
        diverge(line, "mm_page_pcpu_drain", "nothing more",
                std::to_string(ctx.expected.size() - ctx.first_expected) + " more events");
        drop_expected(ctx);
    }
    while (ctx.first_work < ctx.works.size()) {
        ListWork& work = ctx.works[ctx.first_work];
        const PcpLists& pcp = work.zone->pcps[static_cast<std::size_t>(work.owner)];
        const bool chunk = work.kind == ListWork::Kind::flush && policy_.flush_chunk_batches > 0;
        if (work.kind == ListWork::Kind::drain || work.kind == ListWork::Kind::expire || pcp.count() == 0 || work.pages <= 0) {
            ++ctx.first_work;
            continue;
        }
        if (chunk || work.kind == ListWork::Kind::decay) {
            given("flush cut short");
            if (chunk) apply(ctx, {{.kind = ZoneEvent::Kind::flushed}, work.zone, line.cpu});
            ++ctx.first_work;
            continue;
        }
        if (resync_) {
            skip_flush(ctx, line);
            continue;
        }
        diverge(line, "flush", "none", std::to_string(work.pages) + " pages");
        start_hold(ctx, line.cpu);
        drop_expected(ctx);
    }
    ctx.works.clear();
    ctx.first_work = 0;
    ctx.draining = false;
}

void Replayer::add_drain(CpuContext& ctx, int owner, int node, int zone_index) {
    for (const auto& zone : memory_.zones) {
        if (zone->zone.managed_pages() == 0) continue;
        if (zone_index >= 0 && (zone->index != zone_index || zone->node != node)) continue;
        ctx.works.push_back({.kind = ListWork::Kind::drain, .zone = zone.get(), .owner = owner});
    }
}

// `a` of the line: the zone's address, 0 for all zones. Only kernels that drain from afar do it here.
void Replayer::on_drain_all(CpuContext& ctx, const ReplayLine& line) {
    drain_zone_ = line.zone == kNoZone ? -1 : line.zone;
    drain_node_ = line.node;
    if (!policy_.buddy_when_pcp_empty) return;  // the CPUs do it themselves
    // The inner function, which follows where it is a function of its own, looks again.
    ctx.works.clear();
    ctx.first_work = 0;
    ctx.drain_zone = line.zone == kNoZone ? -1 : line.zone;
    for (int cpu = 0; cpu < memory_.cpus; ++cpu) {
        bool any = false;
        for (const auto& zone : memory_.zones) {
            if (line.zone != kNoZone &&
                (zone->index != line.zone || zone->node != line.node)) {
                continue;
            }
            any = any || zone->pcps[static_cast<std::size_t>(cpu)].count() != 0;
        }
        if (any) add_drain(ctx, cpu, line.node, line.zone == kNoZone ? -1 : line.zone);
    }
    if (inputs_ == Inputs::calls) run_all_works(ctx, line.cpu);
}

void Replayer::on_drain_work(CpuContext& ctx, const ReplayLine& line) {
    end_works(ctx, line);
    add_drain(ctx, line.cpu, drain_node_, drain_zone_);
    if (inputs_ == Inputs::calls) run_all_works(ctx, line.cpu);
}

// drain_local_pages: this CPU's lists, of one zone or all.
void Replayer::on_drain_local(CpuContext& ctx, const ReplayLine& line) {
    ctx.works.clear();
    ctx.first_work = 0;
    add_drain(ctx, line.cpu, line.node, line.zone == kNoZone ? -1 : line.zone);
    if (inputs_ == Inputs::calls) run_all_works(ctx, line.cpu);
}

// The drain of one CPU's lists of one zone begins; what comes before it in the queue is over. The CPUs
// are those whose count was seen not to be 0, without a lock: the line settles which.
void Replayer::on_drain_cpu_zone(CpuContext& ctx, const ReplayLine& line) {
    const auto owner = static_cast<int>(line.a);
    if (owner < 0 || owner >= memory_.cpus) return;
    if (resync_) close_hold(ctx, line);
    // 7.2 inlines the drain of direct reclaim: this line is the first sign of it.
    if (ctx.first_work == ctx.works.size() && !ctx.draining) on_drain_all(ctx, line);
    ctx.draining = true;
    if (ctx.first_work < ctx.works.size() && ctx.works[ctx.first_work].announced) ++ctx.first_work;
    while (ctx.first_work < ctx.works.size() && ctx.works[ctx.first_work].owner != owner &&
           !ctx.works[ctx.first_work].announced) {
        if (ctx.first_work + 1 == ctx.works.size() ||
            ctx.works[ctx.first_work + 1].owner != ctx.works[ctx.first_work].owner) {
            given("CPUs seen to hold pages");
        }
        ++ctx.first_work;
    }
    if (ctx.first_work == ctx.works.size()) {
        given("CPUs seen to hold pages");
        add_drain(ctx, owner, line.node, ctx.drain_zone);
    }
    if (ctx.first_work < ctx.works.size()) ctx.works[ctx.first_work].announced = true;
}

// vmstat.c:refresh_cpu_vm_stats: folds the counters; with `a` the lists are looked after as well.
void Replayer::on_refresh(CpuContext& ctx, const ReplayLine& line) {
    end_works(ctx, line);
    for (const auto& zone : memory_.zones) {
        zone->zone.fold(line.cpu);
        if (line.a != 0 && policy_.free_scaling != FreeScaling::free_count) {
            add_expiry(ctx, *zone, line.cpu);
        }
        if (line.a != 0 && policy_.free_scaling == FreeScaling::free_count &&
            inputs_ == Inputs::calls) {
            decay(ctx, *zone, line.cpu);
        }
    }
    if (inputs_ == Inputs::calls) run_all_works(ctx, line.cpu);
}

// A list of a remote node's pages is flushed by a batch after three idle rounds. A round is idle when
// no counter of the zone moved, and only one of them is known here: whether it happens is given.
void Replayer::add_expiry(CpuContext& ctx, ReplayZone& zone, int cpu) {
    PcpLists& pcp = zone.pcps[static_cast<std::size_t>(cpu)];
    if (inputs_ == Inputs::calls || pcp.count() == 0) return;
    if (zone.node == memory_.node_of_cpu[static_cast<std::size_t>(cpu)]) return;
    ctx.works.push_back({.kind = ListWork::Kind::expire,
                         .zone = &zone,
                         .owner = cpu,
                         .pages = std::min<std::int64_t>(pcp.count(), pcp.tuning().batch)});
}

// The entry of a flush. Of several that may expire it says which.
void Replayer::on_flush(CpuContext& ctx, const ReplayLine& line) {
    if (ctx.hold.kind == Followed::Kind::flush && ctx.hold.cursor.left <= 0) close_flush(ctx, line);
    for (std::size_t i = ctx.first_work; i < ctx.works.size(); ++i) {
        const ListWork& work = ctx.works[i];
        if (work.kind != ListWork::Kind::expire) return;
        if (work.zone->node == line.node && work.zone->index == line.zone) {
            given("expiry of a remote list");
            ctx.first_work = i;
            return;
        }
    }
}

void Replayer::on_decay(CpuContext& ctx, const ReplayLine& line) {
    if (policy_.free_scaling != FreeScaling::free_count) return;
    ReplayZone* zone = memory_.zone(line.node, line.zone);
    if (zone != nullptr) decay(ctx, *zone, line.cpu);
}

void Replayer::decay(CpuContext& ctx, ReplayZone& zone, int cpu) {
    const std::uint32_t pages = zone.pcps[static_cast<std::size_t>(cpu)].decay();
    if (pages > 0) {
        ctx.works.push_back(
            {.kind = ListWork::Kind::decay, .zone = &zone, .owner = cpu, .pages = pages});
    }
    add_expiry(ctx, zone, cpu);
}

// Kernels without a line at the pop: one whose answer is the next thing its CPU shows was before
// the drain of that CPU's lists, whose lock it would have failed to get.
void Replayer::pop_before_drain(int owner) {
    for (std::size_t i = 0; i < window_.size(); ++i) {
        const ReplayLine& next = window_[i].line;
        if (next.cpu != owner) continue;
        if (next.kind == LineKind::attempt && inputs_ == Inputs::order) continue;
        if (next.kind != LineKind::alloc) return;
        CpuContext& ctx = context(next);
        if (inputs_ == Inputs::order && !ctx.attempt.open && policy_.on_pcp(next.order) &&
            !memory_.zones.empty()) {
            attempt_from_call(ctx, next);
        }
        if (ctx.attempt.open && !ctx.attempt.page.valid() && policy_.on_pcp(ctx.attempt.order)) {
            if (resync_) {
                ctx.attempt.page = pop_listed(ctx, owner);
            } else {
                take(ctx, owner, false);
            }
        }
        return;
    }
}

}  // namespace pcpbench
