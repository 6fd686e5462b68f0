// Compares what the model predicts with what the recording shows, event by event.
#include <algorithm>

#include "replay/replayer.hpp"

namespace pcpbench {

namespace {

bool visible(ZoneEvent::Kind kind) {
    return kind == ZoneEvent::Kind::taken || kind == ZoneEvent::Kind::fallback ||
           kind == ZoneEvent::Kind::freed;
}

ZoneEvent::Kind kind_of(LineKind kind) {
    if (kind == LineKind::taken) return ZoneEvent::Kind::taken;
    if (kind == LineKind::fallback) return ZoneEvent::Kind::fallback;
    return ZoneEvent::Kind::freed;
}

std::string words(std::uint64_t pfn, int order, int type) {
    return "pfn " + std::to_string(pfn) + " order " + std::to_string(order) + " type " +
           std::to_string(type);
}

}  // namespace

ZoneWork Replayer::work_for(CpuContext& ctx, ReplayZone& zone) {
    events_.clear();
    ZoneWork work;
    ctx.claims.zone = &zone;
    if (!ctx.claims.facts.empty()) work.movable = &ctx.claims;
    work.events = &events_;
    return work;
}

// Takes the model's events of a hold; effects come into force with the lines around them.
void Replayer::expect(CpuContext& ctx, ReplayZone& zone, int cpu) {
    if (ctx.first_expected == ctx.expected.size()) {
        ctx.expected.clear();
        ctx.first_expected = 0;
    }
    for (const ZoneEvent& event : events_) {
        const Expected one{event, &zone, cpu};
        if (event.kind == ZoneEvent::Kind::taken || event.kind == ZoneEvent::Kind::fallback) {
            ++ctx.taken_predicted;
        }
        if (inputs_ == Inputs::calls && !visible(event.kind) &&
            event.kind != ZoneEvent::Kind::hold_end) {
            apply(ctx, one);
            continue;
        }
        ctx.expected.push_back(one);
    }
    events_.clear();
    if (inputs_ == Inputs::calls) {
        std::size_t used = 0;
        while (used < ctx.recorded.size() && ctx.first_expected < ctx.expected.size()) {
            match(ctx, ctx.recorded[used], ctx.expected[ctx.first_expected]);
            ++ctx.first_expected;
            ++used;
        }
        ctx.recorded.erase(ctx.recorded.begin(),
                           ctx.recorded.begin() + static_cast<std::ptrdiff_t>(used));
    }
    settle(ctx);
}

void Replayer::apply(CpuContext& ctx, const Expected& one) {
    Zone& zone = one.zone->zone;
    switch (one.event.kind) {
        case ZoneEvent::Kind::counter:
            zone.account(one.cpu, one.event.amount);
            ctx.hold.counted += one.event.amount;
            break;
        case ZoneEvent::Kind::claim:
            if (one.event.amount != 0 && zone.boost_watermark() && one.event.flag) {
                zone.set_boosted_flag(true);
            }
            break;
        case ZoneEvent::Kind::block_type:
            one.zone->visible_types[one.event.page >> policy_.pageblock_order] = one.event.type;
            break;
        case ZoneEvent::Kind::flushed:
            if (zone.leaves_below_high(one.zone->reserve[3])) zone.set_below_high(false);
            break;
        case ZoneEvent::Kind::hold_end:
            score_.drain_size.count(ctx.hold_exact);
            ctx.hold_exact = true;
            break;
        default: break;
    }
}

// Applies what follows the last event that a line will show.
void Replayer::settle(CpuContext& ctx) {
    for (std::size_t i = ctx.first_expected; i < ctx.expected.size(); ++i) {
        if (visible(ctx.expected[i].event.kind)) return;
    }
    while (ctx.first_expected < ctx.expected.size()) apply(ctx, ctx.expected[ctx.first_expected++]);
}

void Replayer::apply_until_claim(CpuContext& ctx) {
    for (std::size_t i = ctx.first_expected; i < ctx.expected.size(); ++i) {
        if (visible(ctx.expected[i].event.kind)) return;
        if (ctx.expected[i].event.kind == ZoneEvent::Kind::claim) {
            while (ctx.first_expected <= i) apply(ctx, ctx.expected[ctx.first_expected++]);
            return;
        }
    }
}

bool Replayer::compare(CpuContext& ctx, const ReplayLine& line) {
    while (ctx.first_expected < ctx.expected.size() &&
           !visible(ctx.expected[ctx.first_expected].event.kind)) {
        apply(ctx, ctx.expected[ctx.first_expected++]);
    }
    if (ctx.first_expected < ctx.expected.size()) {
        match(ctx, line, ctx.expected[ctx.first_expected]);
        ++ctx.first_expected;
        settle(ctx);
        return true;
    }
    if (inputs_ == Inputs::calls) {
        ctx.recorded.push_back(line);
        return false;
    }
    match(ctx, line, {});
    if (line.kind == LineKind::drained && !ctx.surplus) {
        ctx.surplus = true;
        score_.drain_size.count(false);
    }
    return false;
}

bool Replayer::match(CpuContext& ctx, const ReplayLine& line, const Expected& one) {
    const Place page = one.zone != nullptr ? Place{one.zone, one.event.page} : Place{};
    bool exact = page.valid() && kind_of(line.kind) == one.event.kind &&
                 page.pfn() == line.pfn && one.event.order == line.order &&
                 one.event.type == line.type;
    if (exact && line.kind == LineKind::fallback) {
        exact = one.event.other_order == line.other_order &&
                one.event.other_type == line.other_type && one.event.flag == line.flag;
    }
    Tally& tally = line.kind == LineKind::taken      ? score_.refill_pfn
                   : line.kind == LineKind::fallback ? score_.fallback
                                                     : score_.drain_pfn;
    tally.count(exact);
    if (exact) return true;
    ctx.hold_exact = ctx.hold.exact = false;
    diverge(line, name_of(line.kind), words(line.pfn, line.order, line.type),
            page.valid() ? words(page.pfn(), one.event.order, one.event.type) : "nothing");
    return page.valid() && page.pfn() == line.pfn && kind_of(line.kind) == one.event.kind;
}

// The next event that a line will show, `hold_end` if none will.
ZoneEvent::Kind Replayer::next_visible(const CpuContext& ctx) {
    for (std::size_t i = ctx.first_expected; i < ctx.expected.size(); ++i) {
        if (visible(ctx.expected[i].event.kind)) return ctx.expected[i].event.kind;
    }
    return ZoneEvent::Kind::hold_end;
}

bool Replayer::confirm(CpuContext& ctx, const ReplayLine& line) {
    while (ctx.first_expected < ctx.expected.size() &&
           !visible(ctx.expected[ctx.first_expected].event.kind)) {
        apply(ctx, ctx.expected[ctx.first_expected++]);
    }
    if (ctx.first_expected == ctx.expected.size()) return match(ctx, line, {});
    if (!match(ctx, line, ctx.expected[ctx.first_expected])) return false;
    ++ctx.first_expected;
    settle(ctx);
    return true;
}

void Replayer::drop_expected(CpuContext& ctx) {
    for (std::size_t i = ctx.first_expected; i < ctx.expected.size(); ++i) {
        if (visible(ctx.expected[i].event.kind)) ctx.hold_exact = false;
    }
    while (ctx.first_expected < ctx.expected.size()) apply(ctx, ctx.expected[ctx.first_expected++]);
    ctx.expected.clear();
    ctx.first_expected = 0;
}

void Replayer::diverge(const ReplayLine& line, const char* event, const std::string& recorded,
                       const std::string& predicted) {
    if (score_.first.line != 0) return;
    score_.first = {line.number, event, recorded, predicted};
}

Place Replayer::handle(std::uint64_t recorded_pfn) const {
    if (recorded_pfn < handles_.size() && handles_[recorded_pfn] != 0) {
        return memory_.place(handles_[recorded_pfn] - 1);
    }
    return memory_.place(recorded_pfn);
}

void Replayer::remember(std::uint64_t recorded_pfn, Place page, int order) {
    const std::uint64_t pages = std::uint64_t{1} << order;
    for (std::uint64_t i = 0; i < pages && recorded_pfn + i < handles_.size(); ++i) {
        const std::uint64_t predicted = page.pfn() + i;
        handles_[recorded_pfn + i] =
            predicted == recorded_pfn + i ? 0 : static_cast<std::uint32_t>(predicted + 1);
    }
}

void Replayer::differ(std::string what) {
    if (differences_.size() < 50) differences_.push_back(std::move(what));
}

namespace {

// Pages that stand where the other list has them, and pages in either.
void compare_list(const std::vector<std::uint64_t>& predicted,
                  const std::vector<SnapshotBlock>& recorded, int order, Tally& tally) {
    const std::uint64_t pages = std::uint64_t{1} << order;
    for (std::size_t i = 0; i < std::max(predicted.size(), recorded.size()); ++i) {
        const bool same = i < predicted.size() && i < recorded.size() &&
                          predicted[i] == recorded[i].pfn;
        tally.total += pages;
        tally.exact += same ? pages : 0;
    }
}

std::vector<std::uint64_t> pages_of(const ReplayZone& zone, const FreeList& list) {
    std::vector<std::uint64_t> pages;
    for (Pfn p = list.head; p != kNoPage && pages.size() < zone.zone.frames().size();
         p = zone.zone.frames()[p].next) {
        pages.push_back(std::uint64_t{zone.base} + p);
    }
    return pages;
}

}  // namespace

void Replayer::compare_final(const Snapshot& after) {
    for (const auto& zone : memory_.zones) {
        const SnapshotZone* other = after.zone(zone->node, zone->index);
        if (other == nullptr) continue;
        const std::string where = "node " + std::to_string(zone->node) + " " + zone->name;
        for (int order = 0; order <= policy_.max_order; ++order) {
            for (int type = 0; type < policy_.types; ++type) {
                std::vector<SnapshotBlock> recorded;
                for (const SnapshotList& list : other->free_lists) {
                    if (list.order == order && list.type == type) recorded = list.blocks;
                }
                const auto predicted = pages_of(
                    *zone, zone->zone.area(order).lists[static_cast<std::size_t>(type)]);
                const std::uint64_t before = score_.final_free_pages.total -
                                             score_.final_free_pages.exact;
                compare_list(predicted, recorded, order, score_.final_free_pages);
                if (score_.final_free_pages.total - score_.final_free_pages.exact != before) {
                    differ(where + ": free list of order " + std::to_string(order) + ", type " +
                           std::to_string(type) + " (" + std::to_string(predicted.size()) +
                           " blocks, recorded " + std::to_string(recorded.size()) + ")");
                }
            }
        }
        const auto counter = [&](std::int64_t mine, std::int64_t theirs, const std::string& what) {
            score_.final_counters.count(mine == theirs);
            if (mine != theirs) {
                differ(where + ": " + what + " is " + std::to_string(mine) + ", recorded " +
                       std::to_string(theirs));
            }
        };
        counter(zone->zone.free_counter(), other->free, "free pages");
        counter(zone->zone.boost_pages(), other->boost, "boost");
        counter(zone->zone.marks().min, other->min, "min watermark");
        counter(zone->zone.marks().low, other->low, "low watermark");
        counter(zone->zone.marks().high, other->high, "high watermark");
        counter((zone->zone.boosted_flag() ? 1 : 0) | (zone->zone.reclaim_active() ? 2 : 0) |
                    (zone->zone.below_high() ? 4 : 0),
                other->flags & 7, "flags");
        for (std::size_t i = 0; i < other->block_types.size(); ++i) {
            const std::uint64_t pfn =
                other->blocks_start_pfn + (std::uint64_t{i} << policy_.pageblock_order);
            if (other->block_types[i] == '.' || pfn < zone->base ||
                pfn - zone->base >= zone->zone.frames().size()) {
                continue;
            }
            counter(zone->zone.pageblock_type(static_cast<Pfn>(pfn - zone->base)),
                    other->block_types[i] - '0', "type of pageblock " + std::to_string(pfn));
        }
        for (const SnapshotPcp& pcp : other->pcps) {
            if (pcp.cpu >= memory_.cpus) continue;
            const PcpLists& mine = zone->pcps[static_cast<std::size_t>(pcp.cpu)];
            const std::string cpu = "CPU " + std::to_string(pcp.cpu) + " ";
            for (int index = 0; index < policy_.nr_lists(); ++index) {
                std::vector<SnapshotBlock> recorded;
                for (const SnapshotList& list : pcp.lists) {
                    if (list.index == index) recorded = list.blocks;
                }
                const auto predicted = pages_of(
                    *zone, mine.lists(0).lists[static_cast<std::size_t>(index)]);
                const std::uint64_t before =
                    score_.final_pcp_pages.total - score_.final_pcp_pages.exact;
                compare_list(predicted, recorded, policy_.list_order(index),
                             score_.final_pcp_pages);
                if (score_.final_pcp_pages.total - score_.final_pcp_pages.exact != before) {
                    differ(where + ": " + cpu + "list " + std::to_string(index) + " (" +
                           std::to_string(predicted.size()) + " blocks, recorded " +
                           std::to_string(recorded.size()) + ")");
                }
            }
            const PcpTuning& t = mine.tuning();
            counter(static_cast<int>(mine.count()), pcp.count, cpu + "count");
            counter(zone->zone.remainder(pcp.cpu), pcp.free_diff, cpu + "remainder");
            counter(t.high, pcp.high, cpu + "high");
            counter(t.free_factor, pcp.free_factor, cpu + "free_factor");
            if (policy_.free_scaling == FreeScaling::free_count) {
                counter(t.free_count, pcp.free_count, cpu + "free_count");
                counter(t.alloc_factor, pcp.alloc_factor, cpu + "alloc_factor");
                counter((t.previous_free_high_order ? 1 : 0) | (t.free_high_batch ? 2 : 0),
                        pcp.flags & 3, cpu + "flags");
            }
        }
    }
}

}  // namespace pcpbench
