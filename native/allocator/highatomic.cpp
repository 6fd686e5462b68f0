// Pageblocks kept for atomic requests of more than one page, and when they are given back
// (mm/page_alloc.c:reserve_highatomic_pageblock, unreserve_highatomic_pageblock).
#include <algorithm>

#include "allocator/zone.hpp"

namespace pcpbench {

std::int64_t Zone::highatomic_pages() const {
    if (reserved_highatomic_ == 0 || !policy_.account_each_block) return reserved_highatomic_;
    // nr_free_highatomic, v6.12: what is free of it.
    std::int64_t pages = 0;
    for (int order = 0; order <= policy_.max_order; ++order) {
        pages += std::int64_t{areas_[order].lists[kHighAtomic].blocks} << order;
    }
    return pages;
}

// v6.12 keeps whole pageblocks of a hundredth of the zone, earlier releases one more.
std::int64_t Zone::most_highatomic_pages() const {
    const std::int64_t block = std::int64_t{1} << policy_.pageblock_order;
    const std::int64_t hundredth = managed_ / 100;
    if (!policy_.account_each_block) return hundredth + block;
    return hundredth < block ? 0 : (hundredth + block - 1) / block * block;
}

bool Zone::reserve_highatomic(Pfn page, int order, int cpu) {
    if (reserved_highatomic_ >= most_highatomic_pages()) return false;
    if (pageblock_type(page) >= kPcpTypes) return false;
    ZoneWork work;
    const Pfn size = Pfn{1} << policy_.pageblock_order;
    if (!policy_.account_each_block || order < policy_.pageblock_order) {
        if (policy_.account_each_block && !spans_block(page)) return false;
        move_free_blocks(page, kHighAtomic, cpu, work);
        set_pageblock_type(page, kHighAtomic);
        reserved_highatomic_ += size;
        return true;
    }
    for (Pfn p = page; p < page + (Pfn{1} << order); p += size) set_pageblock_type(p, kHighAtomic);
    reserved_highatomic_ += std::int64_t{1} << order;
    return true;
}

bool Zone::unreserve_highatomic(bool force, int type, int cpu) {
    const std::int64_t block = std::int64_t{1} << policy_.pageblock_order;
    if (!force && reserved_highatomic_ <= block) return false;
    ZoneWork work;
    for (int order = 0; order <= policy_.max_order; ++order) {
        const Pfn page = areas_[order].lists[kHighAtomic].head;
        if (page == kNoPage) continue;
        const std::int64_t pages =
            policy_.account_each_block ? std::max(block, std::int64_t{1} << order) : block;
        if (pageblock_type(page) == kHighAtomic) {
            reserved_highatomic_ -= std::min(pages, reserved_highatomic_);
        }
        std::uint32_t moved = 0;
        for (Pfn p = page; p < page + static_cast<Pfn>(pages); p += static_cast<Pfn>(block)) {
            set_pageblock_type(p, type);
            moved += move_free_blocks(p, type, cpu, work);
        }
        if (moved > 0) return true;
    }
    return false;
}

}  // namespace pcpbench
