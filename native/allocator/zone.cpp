#include "allocator/zone.hpp"

#include <algorithm>
#include <bit>

namespace pcpbench {

Zone::Zone(const KernelPolicy& policy, Pfn start, Pfn end, std::uint32_t managed, int cpus,
           Watermarks marks)
    : policy_(policy), marks_(marks), managed_(managed), start_(start), frames_(end),
      block_type_((end >> policy.pageblock_order) + 1, kMovable),
      remainder_(static_cast<std::size_t>(cpus), 0), cpus_(cpus) {
    set_pressure_threshold(false);
}

Zone::Zone(const KernelPolicy& policy, std::uint32_t pages, int cpus, Watermarks marks)
    : Zone(policy, 0, pages, pages, cpus, marks) {
    // As __free_pages_core does at boot: ascending, each block to the tail.
    for (Pfn page = 0; page < pages;) {
        int order = policy_.max_order;
        while ((page & ((1U << order) - 1)) != 0 || page + (1U << order) > pages) --order;
        insert(page, order, kMovable, true);
        page += 1U << order;
    }
    free_counter_ = pages;
}

void Zone::account(int cpu, std::int64_t delta) {
    const std::int64_t sum = remainder_[cpu] + delta;
    if (sum > stat_threshold_ || sum < -stat_threshold_) {
        free_counter_ += sum;
        remainder_[cpu] = 0;
    } else {
        remainder_[cpu] = static_cast<std::int16_t>(sum);
    }
}

void Zone::account(int cpu, std::int64_t delta, ZoneWork& work) {
    if (work.events == nullptr) return account(cpu, delta);
    work.events->push_back({.kind = ZoneEvent::Kind::counter,
                            .amount = static_cast<std::int32_t>(delta)});
}

bool Zone::fold(int cpu) {
    if (remainder_[cpu] == 0) return false;
    free_counter_ += remainder_[cpu];
    remainder_[cpu] = 0;
    return true;
}

int Zone::normal_threshold() const {
    const auto fls = [](std::uint32_t v) { return static_cast<int>(std::bit_width(v)); };
    // managed pages in units of 128 MiB, as the kernel counts.
    const std::uint32_t units = managed_pages() >> (27 - policy_.page_shift);
    return std::min(125, 2 * fls(static_cast<std::uint32_t>(cpus_)) * (1 + fls(units)));
}

int Zone::pressure_threshold() const {
    const int cpus = std::max(1, cpus_);  // a snapshot may name none
    return static_cast<int>(std::clamp<std::int64_t>((marks_.low - marks_.min) / cpus, 1, 125));
}

bool Zone::drifts_too_far() const {
    return std::int64_t{cpus_} * normal_threshold() > marks_.low - marks_.min;
}

void Zone::set_pressure_threshold(bool pressure) {
    const bool marked = !policy_.drift_mark_resets || drifts_too_far();
    stat_threshold_ = pressure && marked ? pressure_threshold() : normal_threshold();
}

bool Zone::watermark_ok(int order, std::int64_t mark) const {
    return watermark_ok(order, mark + boost_, 0, {});
}

bool Zone::watermark_ok(int order, std::int64_t mark, std::int64_t reserve, Reserves may) const {
    std::int64_t unusable = (std::int64_t{1} << order) - 1;
    if (!may.reserved) unusable += highatomic_pages();
    std::int64_t min = mark;
    if (may.min_reserve) min -= min / 2;
    if (may.harder) {
        min -= min / 4;
    } else if (may.oom) {
        min -= min / 2;
    }
    if (free_counter_ - unusable <= min + reserve) return false;
    if (order == 0) return true;
    for (int o = order; o <= policy_.max_order; ++o) {
        const FreeArea& area = areas_[o];
        if (area.nr_free == 0) continue;
        for (int type = 0; type < kPcpTypes; ++type) {
            if (!area.lists[type].empty()) return true;
        }
        if (may.highatomic && !area.lists[kHighAtomic].empty()) return true;
    }
    return false;
}

std::uint32_t Zone::orders_with_blocks() const {
    int order = policy_.max_order;
    for (; order > 0; --order) {
        const FreeArea& area = areas_[order];
        if (area.nr_free == 0) continue;
        if (!area.lists[0].empty() || !area.lists[1].empty() || !area.lists[2].empty()) break;
    }
    return (2U << order) - 1;
}

std::uint32_t Zone::orders_ok(std::int64_t mark, std::uint32_t with_blocks) const {
    const std::int64_t spare = free_counter_ - highatomic_pages() - mark - boost_;
    if (spare <= 0) return 0;
    const int fitting = std::bit_width(static_cast<std::uint64_t>(spare));  // 2^order <= spare
    return fitting >= kMaxOrders ? with_blocks : with_blocks & ((1U << fitting) - 1);
}

bool Zone::has_own_blocks(int order, int type, int blocks) const {
    std::int64_t left = blocks;
    for (int o = order; o <= policy_.max_order && left > 0; ++o) {
        left -= static_cast<std::int64_t>(areas_[o].lists[type].blocks) << (o - order);
    }
    return left <= 0;
}

std::int64_t Zone::free_pages_snapshot() const {
    std::int64_t sum = free_counter_;
    for (const auto remainder : remainder_) sum += remainder;
    return sum;
}

bool Zone::clear_boosted_flag() {
    const bool was = boosted_flag_;
    boosted_flag_ = false;
    return was;
}

void Zone::insert(Pfn page, int order, int type, bool to_tail) {
    PageFrame& frame = frames_[page];
    if (journal_ != nullptr) {
        journal_->steps.push_back({ZoneJournal::Kind::inserted, 0, page, frame});
    }
    frame.state = PageState::buddy;
    frame.order = static_cast<std::uint8_t>(order);
    frame.list_type = static_cast<std::uint8_t>(type);
    FreeArea& area = areas_[order];
    if (to_tail) {
        area.lists[type].push_tail(frames_, page);
    } else {
        area.lists[type].push_head(frames_, page);
    }
    ++area.nr_free;
}

void Zone::remove(Pfn page, int order) {
    if (journal_ != nullptr) {
        journal_->steps.push_back({ZoneJournal::Kind::removed, 0, page, frames_[page]});
    }
    FreeArea& area = areas_[order];
    area.lists[frames_[page].list_type].remove(frames_, page);
    frames_[page].state = PageState::tail;
    --area.nr_free;
}

void Zone::take_back(ZoneJournal& journal) {
    for (; !journal.steps.empty(); journal.steps.pop_back()) {
        const ZoneJournal::Step& step = journal.steps.back();
        PageFrame& frame = frames_[step.page];
        if (step.kind == ZoneJournal::Kind::retyped) {
            block_type_[step.page >> policy_.pageblock_order] = step.type;
            continue;
        }
        const bool inserted = step.kind == ZoneJournal::Kind::inserted;
        const PageFrame& listed = inserted ? frame : step.before;
        FreeArea& area = areas_[listed.order];
        FreeList& list = area.lists[listed.list_type];
        if (inserted) {
            list.remove(frames_, step.page);
            --area.nr_free;
        } else {
            ++list.blocks;
            ++area.nr_free;
            (step.before.prev == kNoPage ? list.head : frames_[step.before.prev].next) = step.page;
            (step.before.next == kNoPage ? list.tail : frames_[step.before.next].prev) = step.page;
        }
        frame = step.before;
    }
}

void Zone::move_to_tail(Pfn page, int order, int type) {
    remove(page, order);
    insert(page, order, type, true);
}

bool Zone::is_free_block(Pfn page, int order) const {
    return page < frames_.size() && frames_[page].state == PageState::buddy &&
           frames_[page].order == order;
}

// True iff the block one order up would find its buddy free: then this block goes to the tail, in
// the hope that its own buddy is freed soon (mm/page_alloc.c:buddy_merge_likely, v5.15).
bool Zone::merge_likely(Pfn page, int order) const {
    if (order >= policy_.max_order - 1) return false;
    const Pfn parent = page & ~(Pfn{1} << order);
    return is_free_block(parent ^ (Pfn{1} << (order + 1)), order + 1);
}

// Blocks of at least a pageblock: 5.10 and 5.15 keep only isolated blocks apart, later releases
// every type but the three that pcp lists hold (migratetype_is_mergeable).
bool Zone::may_merge(int type, int buddy_type) const {
    if (type == buddy_type) return true;
    if (policy_.merge_types == MergeTypes::all_but_isolated) {
        return type != policy_.isolate_type() && buddy_type != policy_.isolate_type();
    }
    return type < kPcpTypes && buddy_type < kPcpTypes;
}

void Zone::give(Pfn page, int order, int type, int cpu, ZoneWork& work,
                const GiveOptions& options) {
    if (options.counted && type != policy_.isolate_type()) {
        account(cpu, std::int64_t{1} << order, work);
    }
    ++work.blocks;
    work.pages += 1U << order;
    frames_[page].state = PageState::tail;
    while (order < policy_.max_order) {
        if (CaptureSlot* slot = options.capture; slot != nullptr && slot->page == kNoPage &&
            slot->order == order && (type < kPcpTypes || type == kHighAtomic) &&
            (order >= policy_.pageblock_order || type != kMovable ||
             (policy_.drain_by_pageblock && slot->type == kMovable))) {
            slot->page = page;
            frames_[page].order = static_cast<std::uint8_t>(order);
            account(cpu, -(std::int64_t{1} << order), work);
            return;
        }
        const Pfn buddy = page ^ (Pfn{1} << order);
        if (!is_free_block(buddy, order)) break;
        if (order >= policy_.pageblock_order) {
            const int buddy_type = pageblock_type(buddy);
            if (!may_merge(type, buddy_type)) break;
            if (policy_.merge_types == MergeTypes::pcp_types_set_type && buddy_type != type) {
                for (Pfn p = buddy; p < buddy + (Pfn{1} << order);
                     p += Pfn{1} << policy_.pageblock_order) {
                    change_block_type(p, type, work);
                }
            }
        }
        if (work.looked_at != nullptr && order > 0) work.looked_at->push_back(buddy);
        remove(buddy, order);
        page &= buddy;
        ++order;
        ++work.merges;
    }
    work.looks_in_vain += order < policy_.max_order;
    insert(page, order, type, options.to_tail || merge_likely(page, order));
}

void Zone::give_block(Pfn page, int order, int type, int cpu, ZoneWork& work,
                      const GiveOptions& options) {
    if (!policy_.free_in_pageblocks) return give(page, order, type, cpu, work, options);
    const int piece = std::min(order, policy_.pageblock_order);
    for (Pfn p = page; p < page + (Pfn{1} << order); p += Pfn{1} << piece) {
        give(p, piece, pageblock_type(p), cpu, work, options);
    }
}

}  // namespace pcpbench
