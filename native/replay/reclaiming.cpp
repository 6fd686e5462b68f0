// What changes lists or marks from outside: kswapd, compaction, isolation.
#include <algorithm>

#include "replay/replayer.hpp"
#include "trace/trace_fields.hpp"

namespace pcpbench {

void Replayer::on_kswapd(const ReplayLine& line) {
    given("kswapd's run");
    for (const auto& zone : memory_.zones) {
        if (zone->node != line.node) continue;
        if (line.kind == LineKind::threshold) {
            if (zone->drifts) {
                zone->zone.set_stat_threshold(line.a != 0 ? zone->pressure_threshold
                                                          : zone->normal_threshold);
            }
            continue;
        }
        // A run looks after the zones up to the one it was woken for (balance_pgdat).
        if (zone->index > line.highest_zone && line.kind == LineKind::kswapd_run) continue;
        if (line.kind == LineKind::kswapd_run) {
            if (policy_.reclaim_active_batches > 0) zone->zone.set_reclaim_active(true);
            zone->boost_at_run = zone->zone.boost_pages();
            zone->run_active = true;
        } else if (zone->run_active) {
            zone->zone.set_reclaim_active(false);
            zone->zone.take_back_boost(zone->boost_at_run);
            zone->boost_at_run = 0;
            zone->run_active = false;
        }
    }
}

// The first zone of the list that gives back a pageblock ends it; `b`: force.
void Replayer::on_unreserve(CpuContext& ctx, const ReplayLine& line) {
    const Attempt& at = ctx.attempt;
    if (!at.open) return;
    for (ReplayZone* zone : memory_.zonelists[static_cast<std::size_t>(at.node)]) {
        if (zone->index > at.highest_zone) continue;
        const bool moved = zone->zone.unreserve_highatomic(line.b != 0, at.type, line.cpu);
        show_block_types(*zone);
        if (moved) return;
    }
}

void Replayer::on_compaction(CpuContext& ctx, const ReplayLine& line) {
    if (line.kind == LineKind::compaction_begin) {
        // A kernel thread keeps nothing for itself (task_capc).
        if (ctx.attempt.open && !ctx.attempt.page.valid() && !line.flag) {
            ctx.capturing = true;
            ctx.capture_zone = nullptr;
            ctx.compacted = memory_.place(line.pfn).zone;
            ctx.capture = {.order = ctx.attempt.order, .type = ctx.attempt.type};
        }
        return;
    }
    if (ctx.capture.page == kNoPage) ctx.capturing = false;
}

bool Replayer::rotate_to_head(ReplayZone& zone, int order, Pfn page) {
    Zone& z = zone.zone;
    if (!z.is_free_block(page, order) || z.frames()[page].prev == kNoPage) return false;
    const int type = z.frames()[page].list_type;
    std::uint32_t left = z.area(order).lists[static_cast<std::size_t>(type)].blocks;
    while (left-- > 0 && z.area(order).lists[static_cast<std::size_t>(type)].head != page) {
        const Pfn head = z.area(order).lists[static_cast<std::size_t>(type)].head;
        z.remove(head, order);
        z.insert(head, order, type, true);
    }
    return true;
}

// The block and all before it go to the tail, in their order.
void Replayer::rotate_to_tail(ReplayZone& zone, int order, Pfn page) {
    Zone& z = zone.zone;
    if (!z.is_free_block(page, order)) return;
    const int type = z.frames()[page].list_type;
    std::uint32_t left = z.area(order).lists[static_cast<std::size_t>(type)].blocks;
    while (left-- > 0) {
        const Pfn head = z.area(order).lists[static_cast<std::size_t>(type)].head;
        z.remove(head, order);
        z.insert(head, order, type, true);
        if (head == page) return;
    }
}

void Replayer::on_heads(CpuContext&, const ReplayLine& line) {
    bool rotated = false;
    ReplayZone* zone = memory_.zone(line.node, line.zone);
    std::string_view heads;
    if (zone == nullptr || !find_field(line.text, "h", heads)) return;
    for (int order = 0; !heads.empty() && order <= policy_.max_order; ++order) {
        const std::size_t comma = std::min(heads.find(','), heads.size());
        std::uint64_t pfn = 0;
        if (read_hex(heads.substr(0, comma), pfn) && pfn > zone->base) {
            const Pfn page = static_cast<Pfn>(pfn - zone->base);
            if (zone->zone.is_free_block(page, order) &&
                zone->zone.frames()[page].list_type == kMovable) {
                rotated = rotate_to_head(*zone, order, page) || rotated;
            }
        }
        heads.remove_prefix(std::min(comma + 1, heads.size()));
    }
    if (rotated || !resync_) learn("list rotations");
}

// __isolate_free_page: a free block leaves its list. Lines that say how the lists were rotated for it
// stand between its entry and its return, so it leaves at the return.
void Replayer::on_isolate_free(CpuContext& ctx, const ReplayLine& line) {
    if (line.kind == LineKind::isolate_free) {
        ctx.isolated_pfn = line.pfn;
        ctx.isolated_order = line.order;
        return;
    }
    if (line.a == 0) return;
    learn("isolated free blocks");
    const Place place = memory_.place(ctx.isolated_pfn);
    const int order = ctx.isolated_order;
    if (!place.valid()) return;
    Zone& zone = place.zone->zone;
    if (zone.is_free_block(place.page, order)) {
        zone.remove(place.page, order);
        if (zone.pageblock_type(place.page) != policy_.isolate_type()) {
            zone.account(line.cpu, -(std::int64_t{1} << order));
        }
    } else {
        diverge(line, "isolated block", "free", "not free");
        if (!resync_) return;
        take_out(place, order, kMovable, line.cpu);
    }
    if (order < policy_.pageblock_order - 1) return;
    const Pfn block = Pfn{1} << policy_.pageblock_order;
    for (Pfn p = place.page; p < place.page + (Pfn{1} << order); p += block) {
        if (zone.pageblock_type(p) >= kPcpTypes) continue;
        if (policy_.account_each_block) {
            if (!zone.spans_block(p)) continue;
            ZoneWork work;
            zone.move_free_blocks(p, kMovable, line.cpu, work);
        }
        zone.set_pageblock_type(p, kMovable);
        place.zone->visible_types[p >> policy_.pageblock_order] = kMovable;
    }
}

void Replayer::on_move_list_tail(const ReplayLine& line) {
    learn("list rotations");
    const Place place = memory_.place(line.pfn);
    if (place.valid()) rotate_to_tail(*place.zone, line.order, place.page);
}

}  // namespace pcpbench
