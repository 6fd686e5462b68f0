#include "allocator/zone.hpp"

#include <algorithm>
#include <bit>

namespace pcpbench {

Zone::Zone(const KernelPolicy& policy, std::uint32_t pages, int cpus, Watermarks marks)
    : policy_(policy), marks_(marks), frames_(pages),
      block_type_((pages >> policy.pageblock_order) + 1, kMovable),
      remainder_(static_cast<std::size_t>(cpus), 0), cpus_(cpus) {
    // As __free_pages_core does at boot: ascending, each block to the tail.
    for (Pfn page = 0; page < pages;) {
        int order = policy_.max_order;
        while ((page & ((1U << order) - 1)) != 0 || page + (1U << order) > pages) --order;
        insert(page, order, kMovable, true);
        page += 1U << order;
    }
    free_counter_ = pages;
    set_pressure_threshold(false);
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

bool Zone::fold(int cpu) {
    if (remainder_[cpu] == 0) return false;
    free_counter_ += remainder_[cpu];
    remainder_[cpu] = 0;
    return true;
}

void Zone::set_pressure_threshold(bool pressure) {
    if (pressure) {
        stat_threshold_ = static_cast<int>(
            std::clamp<std::int64_t>((marks_.low - marks_.min) / cpus_, 1, 125));
        return;
    }
    const auto fls = [](std::uint32_t v) { return static_cast<int>(std::bit_width(v)); };
    // managed pages in units of 128 MiB, as the kernel counts; 4 KiB pages: >> 15.
    stat_threshold_ = std::min(
        125, 2 * fls(static_cast<std::uint32_t>(cpus_)) * (1 + fls(managed_pages() >> 15)));
}

bool Zone::watermark_ok(int order, std::int64_t mark) const {
    const std::int64_t unusable = (std::int64_t{1} << order) - 1;
    if (free_counter_ - unusable <= mark + boost_) return false;
    if (order == 0) return true;
    for (int o = order; o <= policy_.max_order; ++o) {
        if (areas_[o].nr_free != 0) return true;
    }
    return false;
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

void Zone::mark_in_use(Pfn page, int order, int type) {
    PageFrame& frame = frames_[page];
    frame.state = PageState::in_use;
    frame.order = static_cast<std::uint8_t>(order);
    frame.used_as = static_cast<std::uint8_t>(type);
}

void Zone::insert(Pfn page, int order, int type, bool to_tail) {
    PageFrame& frame = frames_[page];
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
    FreeArea& area = areas_[order];
    area.lists[frames_[page].list_type].remove(frames_, page);
    frames_[page].state = PageState::tail;
    --area.nr_free;
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

void Zone::give(Pfn page, int order, int type, int cpu, ZoneWork& work) {
    account(cpu, std::int64_t{1} << order);
    ++work.blocks;
    work.pages += 1U << order;
    frames_[page].state = PageState::tail;
    while (order < policy_.max_order) {
        const Pfn buddy = page ^ (Pfn{1} << order);
        if (!is_free_block(buddy, order)) break;
        remove(buddy, order);
        page &= buddy;
        ++order;
        ++work.merges;
    }
    insert(page, order, type, merge_likely(page, order));
}

}  // namespace pcpbench
