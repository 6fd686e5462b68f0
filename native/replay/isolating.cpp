// Isolation and memory hotplug: pageblocks that change type with their free blocks, blocks that leave
// or enter the lists for good (mm/page_isolation.c, mm/memory_hotplug.c, mm/page_alloc.c).
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

void Replayer::retype(Place block, int type) {
    Zone& zone = block.zone->zone;
    const int isolate = policy_.isolate_type();
    const int old = zone.pageblock_type(block.page);
    if (old != isolate && type == isolate) {
        zone.set_isolated_blocks(zone.isolated_blocks() + 1);
    } else if (old == isolate && type != isolate) {
        zone.set_isolated_blocks(std::max(0, zone.isolated_blocks() - 1));
    }
    zone.set_pageblock_type(block.page, type);
    block.zone->visible_types[block.page >> policy_.pageblock_order] =
        static_cast<std::uint8_t>(type);
}

// A fallback's own changes are made by the allocation under way, not by its probe lines.
void Replayer::on_set_block_type(CpuContext& ctx, const ReplayLine& line) {
    const Place block = memory_.place(line.pfn);
    if (ctx.attempt.open || ctx.claiming || !block.valid() || line.b >= policy_.types || line.b < 0) return;
    learn("pageblock types set");
    retype(block, static_cast<int>(line.b));
}

void Replayer::on_move_blocks(CpuContext& ctx, const ReplayLine& line) {
    const Place block = memory_.place(line.pfn);
    if (ctx.attempt.open || ctx.claiming || !block.valid() || line.c >= policy_.types || line.c < 0) return;
    learn("pageblocks moved");
    Zone& zone = block.zone->zone;
    const int type = static_cast<int>(line.c);
    const int isolate = policy_.isolate_type();
    std::int64_t returned = 0;  // pages that count as free again
    const Pfn size = Pfn{1} << policy_.pageblock_order;
    const Pfn start = block.page & ~(size - 1);
    for (Pfn p = start; p < start + size && p < zone.frames().size(); ++p) {
        const PageFrame& frame = zone.frames()[p];
        if (frame.state == PageState::buddy && frame.list_type == isolate) {
            returned += std::int64_t{1} << frame.order;
        }
    }
    ZoneWork work;
    const std::int64_t moved = zone.move_free_blocks(start, type, line.cpu, work);
    if (policy_.account_each_block) return;
    if (type == isolate) {
        zone.account(line.cpu, -moved);
    } else if (returned > 0) {
        zone.account(line.cpu, returned);
    }
}

// The free block that holds `page`, whatever its order; `page` itself if it is in use.
Pfn Replayer::large_buddy(const Zone& zone, Pfn page) const {
    for (int order = 0; order <= policy_.max_order; ++order) {
        const Pfn head = page & ~((Pfn{1} << order) - 1);
        const PageFrame& frame = zone.frames()[head];
        if (frame.state == PageState::buddy) {
            return head + (Pfn{1} << frame.order) > page ? head : page;
        }
    }
    return page;
}

// move_freepages_block_isolate (6.10+): a block larger than the pageblock is split first.
void Replayer::on_isolate_block(CpuContext&, const ReplayLine& line) {
    const Place block = memory_.place(line.pfn);
    if (!block.valid()) return;
    learn("pageblocks moved");
    ReplayZone& at = *block.zone;
    Zone& zone = at.zone;
    const int isolate = policy_.isolate_type();
    const Pfn start = block.page & ~((Pfn{1} << policy_.pageblock_order) - 1);
    auto& before = at.type_before_isolation[start];
    int type = static_cast<int>(line.c);
    if (line.kind == LineKind::isolate_block_flag) {
        if (line.c != 0) before = static_cast<std::uint8_t>(zone.pageblock_type(start));
        type = line.c != 0 ? isolate : before;
    }
    if (type < 0 || type >= policy_.types) return;
    ZoneWork work;
    const Pfn head = large_buddy(zone, start);
    const PageFrame& frame = zone.frames()[head];
    if (frame.state == PageState::buddy && frame.order > policy_.pageblock_order) {
        const int order = frame.order;
        zone.remove(head, order);
        if (zone.pageblock_type(head) != isolate) {
            zone.account(line.cpu, -(std::int64_t{1} << order));
        }
        retype({&at, start}, type);
        const Pfn piece = Pfn{1} << policy_.pageblock_order;
        for (Pfn p = head; p < head + (Pfn{1} << order); p += piece) {
            zone.give(p, policy_.pageblock_order, zone.pageblock_type(p), line.cpu, work);
        }
        return;
    }
    zone.move_free_blocks(start, type, line.cpu, work);
    retype({&at, start}, type);
}

void Replayer::on_put_back(CpuContext&, const ReplayLine& line) {
    const Place page = memory_.place(line.pfn);
    const auto order = static_cast<int>(line.b);
    if (!page.valid() || order < 0 || order > policy_.max_order || line.c < 0 ||
        line.c >= policy_.types || !may_free(page, order)) {
        return;
    }
    learn("blocks put back");
    const Pfn piece = Pfn{1} << policy_.pageblock_order;
    for (Pfn p = page.page; p < page.page + (Pfn{1} << order); p += piece) {
        if (page.zone->zone.pageblock_type(p) == policy_.isolate_type()) {
            retype({page.zone, p}, static_cast<int>(line.c));
        }
    }
    ZoneWork work;
    page.zone->zone.give(page.page, order, static_cast<int>(line.c), line.cpu, work,
                         {.to_tail = true});
}

// Free blocks of [a, b) leave the lists for good; they stopped counting when they were isolated.
void Replayer::on_offline(CpuContext&, const ReplayLine& line) {
    learn("memory offlined");
    for (const auto& zone : memory_.zones) {
        const std::int64_t from = std::max<std::int64_t>(line.a - zone->base, 0);
        const std::int64_t to = std::min<std::int64_t>(
            line.b - zone->base, static_cast<std::int64_t>(zone->zone.frames().size()));
        for (std::int64_t p = from; p < to; ++p) {
            const PageFrame& frame = zone->zone.frames()[static_cast<std::size_t>(p)];
            if (frame.state != PageState::buddy) continue;
            zone->zone.remove(static_cast<Pfn>(p), frame.order);
        }
        if (to > from) {
            const auto gone = static_cast<std::uint32_t>(to - from);
            zone->zone.set_managed_pages(zone->zone.managed_pages() -
                                         std::min(gone, zone->zone.managed_pages()));
            stale_marks_ = true;
        }
    }
}

// A block of memory that came online is freed for the first time.
void Replayer::on_boot_free(CpuContext& ctx, const ReplayLine& line) {
    ctx.to_tail = true;
    const Place place = memory_.place(line.pfn);
    if (!place.valid()) return;
    Zone& zone = place.zone->zone;
    zone.set_managed_pages(zone.managed_pages() + (1U << line.order));
    stale_marks_ = true;
}

// zone_pcp_disable: every free is flushed at once, every refill is one block, until enabled.
void Replayer::on_pcp_switch(CpuContext&, const ReplayLine& line) {
    ReplayZone* zone = memory_.zone(line.node, line.zone);
    if (zone == nullptr) return;
    given("lists switched");
    const bool off = line.kind == LineKind::pcp_disable;
    if (off) zone->tuning_before.clear();
    for (std::size_t cpu = 0; cpu < zone->pcps.size(); ++cpu) {
        PcpTuning tuning = zone->pcps[cpu].tuning();
        if (off) {
            zone->tuning_before.push_back(tuning);
            tuning.high_min = tuning.high_max = 0;
            tuning.batch = 1;
            if (policy_.free_scaling != FreeScaling::free_count) tuning.high = 0;
        } else if (cpu < zone->tuning_before.size()) {
            const PcpTuning& before = zone->tuning_before[cpu];
            tuning.high_min = before.high_min;
            tuning.high_max = before.high_max;
            tuning.batch = before.batch;
            if (policy_.free_scaling != FreeScaling::free_count) tuning.high = before.high;
        }
        zone->pcps[cpu].set_tuning(tuning);
    }
    if (!off && stale_marks_) update_marks();
}

void Replayer::update_marks() {
    stale_marks_ = false;
    memory_.set_watermarks(policy_);
    memory_.set_reserves();
}

}  // namespace pcpbench
