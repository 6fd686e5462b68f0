// Taking a block from a zone: own lists first, then those of other migratetypes (v5.15 scheme:
// mm/page_alloc.c:__rmqueue, __rmqueue_smallest, __rmqueue_fallback, steal_suitable_fallback).
#include <algorithm>

#include "allocator/zone.hpp"

namespace pcpbench {

namespace {
constexpr int kFallbacks[kPcpTypes][2] = {
    {kReclaimable, kMovable},    // unmovable
    {kReclaimable, kUnmovable},  // movable
    {kUnmovable, kMovable},      // reclaimable
};
}  // namespace

Pfn Zone::take(int order, int type, ZoneWork& work) {
    for (;;) {
        const Pfn page = take_own(order, type, work);
        if (page != kNoPage) {
            ++work.blocks;
            work.pages += 1U << order;
            return page;
        }
        if (!fall_back(order, type, work)) return kNoPage;
    }
}

Pfn Zone::take_own(int order, int type, ZoneWork& work) {
    for (int o = order; o <= policy_.max_order; ++o) {
        const Pfn page = areas_[o].lists[type].head;
        if (page == kNoPage) continue;
        remove(page, o);
        // The lowest part is returned; each upper half goes to the head of its list.
        while (o > order) {
            --o;
            ++work.splits;
            insert(page + (Pfn{1} << o), o, type, false);
        }
        frames_[page].order = static_cast<std::uint8_t>(order);
        frames_[page].list_type = static_cast<std::uint8_t>(type);
        return page;
    }
    return kNoPage;
}

bool Zone::fall_back(int order, int type, ZoneWork& work) {
    const auto other = [&](int o) {
        for (const int from : kFallbacks[type]) {
            if (!areas_[o].lists[from].empty()) return from;
        }
        return -1;
    };
    for (int o = policy_.max_order; o >= order; --o) {
        int from = other(o);
        if (from < 0) continue;
        const bool whole = o >= policy_.pageblock_order / 2 || type != kMovable;
        int found = o;
        if (!whole && o > order) {
            // A movable request that cannot claim a pageblock takes the smallest block there is.
            for (found = order; (from = other(found)) < 0;) ++found;
        }
        steal(areas_[found].lists[from].head, found, from, type, work);
        return true;
    }
    return false;
}

void Zone::steal(Pfn page, int order, int from, int to, ZoneWork& work) {
    if (order >= policy_.pageblock_order) {
        const Pfn first = page >> policy_.pageblock_order;
        std::fill_n(block_type_.begin() + first, 1U << (order - policy_.pageblock_order),
                    static_cast<std::uint8_t>(to));
        move_to_tail(page, order, to);
        return;
    }
    if (boost_watermark()) boosted_flag_ = true;
    const bool whole =
        order >= policy_.pageblock_order / 2 || to != kMovable;  // can_steal_fallback
    if (!whole || !claim_pageblock(page, from, to, work)) move_to_tail(page, order, to);
}

// Moves every free block of the pageblock to the lists of `to`; the pageblock changes type when at
// least half of it is free or in use by alike pages. False if it could not move any.
bool Zone::claim_pageblock(Pfn page, int from, int to, ZoneWork& work) {
    const Pfn size = Pfn{1} << policy_.pageblock_order;
    const Pfn start = page & ~(size - 1);
    if (start + size > frames_.size()) return false;
    Pfn free_pages = 0;
    Pfn movable_pages = 0;
    for (Pfn p = start; p < start + size;) {
        const PageFrame& frame = frames_[p];
        const Pfn block = Pfn{1} << frame.order;
        if (frame.state == PageState::buddy) {
            const int order = frame.order;
            move_to_tail(p, order, to);
            free_pages += block;
            ++work.blocks;
            p += block;
        } else {
            if (frame.state == PageState::in_use && frame.used_as == kMovable) {
                movable_pages += block;
            }
            ++p;
        }
    }
    const Pfn alike = to == kMovable     ? movable_pages
                      : from == kMovable ? size - std::min(size, free_pages + movable_pages)
                                         : 0;
    if (free_pages + alike >= size / 2) {
        block_type_[start >> policy_.pageblock_order] = static_cast<std::uint8_t>(to);
    }
    return free_pages != 0;
}

bool Zone::boost_watermark() {
    const std::int64_t block = std::int64_t{1} << policy_.pageblock_order;
    if (policy_.watermark_boost_factor == 0 || 4 * block > managed_pages()) return false;
    const std::int64_t most = marks_.high * policy_.watermark_boost_factor / 10000;
    if (most == 0) return false;
    boost_ = std::min(boost_ + block, std::max(block, most));
    return true;
}

}  // namespace pcpbench
