// Bulk allocations: many pages of order 0 in one hold of a list's lock, without an event for each
// (mm/page_alloc.c:__alloc_pages_bulk).
#include <algorithm>

#include "replay/replayer.hpp"
#include "trace/trace_fields.hpp"

namespace pcpbench {

void Replayer::on_bulk_alloc(CpuContext& ctx, const ReplayLine& line) {
    ctx.bulk = {};
    const std::int64_t wanted = line.a - line.b;
    if (wanted < 2) return;  // an ordinary allocation follows
    Bulk& bulk = ctx.bulk;
    bulk.open = true;
    bulk.gfp = line.gfp;
    bulk.type = static_cast<std::uint8_t>(std::min<std::uint64_t>((line.gfp & 0x18) >> 3, 2));
    bulk.wanted = static_cast<std::size_t>(wanted);
    bulk.prefilled = static_cast<std::size_t>(line.b);
    const auto node = static_cast<std::size_t>(std::min<int>(line.node, memory_.nodes - 1));
    const int highest = (line.gfp & 0x1) != 0    ? 0
                        : (line.gfp & 0x4) != 0  ? 1
                        : (line.gfp & 0xa) == 0xa ? 3
                                                  : 2;
    const ReplayZone* preferred = nullptr;
    for (ReplayZone* at : memory_.zonelists[node]) {
        if (at->index > highest) continue;
        if (preferred == nullptr) preferred = at;
        if (at->node != preferred->node) break;
        const Zone& zone = at->zone;
        const std::int64_t mark = zone.marks().low + zone.boost_pages() + wanted;
        if (zone.watermark_ok(0, mark, at->reserve[static_cast<std::size_t>(preferred->index)],
                              {})) {
            bulk.zone = at;
            break;
        }
    }
    bulk.open = bulk.zone != nullptr;
}

PcpLists* Replayer::bulk_list(CpuContext& ctx, int cpu) {
    return ctx.bulk.zone == nullptr ? nullptr
                                    : &ctx.bulk.zone->pcps[static_cast<std::size_t>(cpu)];
}

// Takes what the list has; where it is empty, at most so many refills.
void Replayer::bulk_pops(CpuContext& ctx, int cpu, int refills) {
    Bulk& bulk = ctx.bulk;
    PcpLists* pcp = bulk_list(ctx, cpu);
    while (pcp != nullptr && bulk.pages.size() < bulk.wanted) {
        if (pcp->empty(0, 0, bulk.type)) {
            if (refills-- <= 0) return;
            const int blocks =
                bulk.refill_blocks >= 0 ? bulk.refill_blocks : pcp->refill_blocks(0);
            bulk.refill_blocks = -1;
            ZoneWork work = work_for(ctx, *bulk.zone);
            pcp->refill(0, {.cpu = cpu, .order = 0, .type = bulk.type, .wakes_kswapd = false},
                        blocks, work);
            expect(ctx, *bulk.zone, cpu);
            if (pcp->empty(0, 0, bulk.type)) return;
        }
        bulk.pages.push_back({bulk.zone, pcp->pop(0, 0, bulk.type)});
    }
}

void Replayer::on_bulk_end(CpuContext& ctx, const ReplayLine& line) {
    if (!ctx.bulk.open) return;
    if (resync_) close_hold(ctx, line);
    bulk_pops(ctx, line.cpu, resync_ ? 0 : 1 << 20);
    ctx.bulk.open = false;
    ctx.bulk.answered = true;
    count_refill(ctx, line);
    drop_expected(ctx);
    ctx.recorded.clear();
}

void Replayer::on_bulk_pages(CpuContext& ctx, const ReplayLine& line) {
    if (!ctx.bulk.answered) return;
    std::string_view pfns;
    if (!find_field(line.text, "pfns", pfns)) return;
    if (resync_) return follow_bulk(ctx, line, pfns);
    for (auto i = static_cast<std::size_t>(line.b); !pfns.empty(); ++i) {
        const std::size_t comma = std::min(pfns.find(','), pfns.size());
        std::uint64_t pfn = 0;
        if (read_hex(pfns.substr(0, comma), pfn) && pfn != 0 && i >= ctx.bulk.prefilled) {
            const std::size_t slot = i - ctx.bulk.prefilled;
            Attempt one;
            if (slot < ctx.bulk.pages.size()) one.page = ctx.bulk.pages[slot];
            one.type = ctx.bulk.type;
            answer(line, one, pfn);
        }
        pfns.remove_prefix(std::min(comma + 1, pfns.size()));
    }
}

// The same page by page, each predicted after the one before it was put right.
void Replayer::follow_bulk(CpuContext& ctx, const ReplayLine& line, std::string_view pfns) {
    Bulk& bulk = ctx.bulk;
    // The pages of one call may stand on several lines.
    for (; !bulk.pages.empty(); bulk.pages.pop_back(), ++bulk.returned) {
        put_back(bulk.pages.back(), line.cpu, 0, bulk.type);
    }
    for (auto i = static_cast<std::size_t>(line.b); !pfns.empty(); ++i) {
        const std::size_t comma = std::min(pfns.find(','), pfns.size());
        std::uint64_t pfn = 0;
        if (read_hex(pfns.substr(0, comma), pfn) && pfn != 0 && i >= bulk.prefilled) {
            PcpLists* pcp = bulk_list(ctx, line.cpu);
            Attempt one;
            one.type = bulk.type;
            if (bulk.returned > 0 && !pcp->empty(0, 0, bulk.type)) {
                one.page = {bulk.zone, pcp->pop(0, 0, bulk.type)};
                --bulk.returned;
            }
            answer(line, one, pfn);
        }
        pfns.remove_prefix(std::min(comma + 1, pfns.size()));
    }
}

}  // namespace pcpbench
