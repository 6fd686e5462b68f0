#include "allocator/invariants.hpp"

namespace pcpbench {

namespace {

struct Walk {
    std::uint64_t blocks = 0;
    std::uint64_t pages = 0;
    std::string error;
};

// Walks a list both ways at once: links, length, and that each block looks as the list says.
// `belongs`: whether a block of a type does.
template <class Belongs>
Walk walk(std::span<const PageFrame> frames, const FreeList& list, PageState state, int order,
          Belongs belongs) {
    Walk result;
    Pfn before = kNoPage;
    for (Pfn page = list.head; page != kNoPage; page = frames[page].next) {
        const PageFrame& frame = frames[page];
        if (frame.state != state || frame.order != order || !belongs(frame.list_type)) {
            result.error = "page " + std::to_string(page) + " is on a list it does not belong to";
            return result;
        }
        if (frame.prev != before || ++result.blocks > list.blocks) {
            result.error = "list links are broken at page " + std::to_string(page);
            return result;
        }
        result.pages += std::uint64_t{1} << order;
        before = page;
    }
    if (list.tail != before || result.blocks != list.blocks) {
        result.error = "a list of order " + std::to_string(order) + " holds " +
                       std::to_string(result.blocks) + " blocks, its counter says " +
                       std::to_string(list.blocks);
    }
    return result;
}

}  // namespace

std::string Zone::check_buddy() const {
    std::uint64_t free_pages = 0;
    for (int order = 0; order <= policy_.max_order; ++order) {
        std::uint64_t blocks = 0;
        for (int type = 0; type < policy_.types; ++type) {
            const Walk w = walk(frames_, areas_[order].lists[type], PageState::buddy, order,
                                [type](int of_block) { return of_block == type; });
            if (!w.error.empty()) return w.error;
            blocks += w.blocks;
            free_pages += w.pages;
            for (Pfn page = areas_[order].lists[type].head; page != kNoPage;
                 page = frames_[page].next) {
                if (order < policy_.max_order && is_free_block(page ^ (Pfn{1} << order), order)) {
                    return "page " + std::to_string(page) + " of order " + std::to_string(order) +
                           " is free beside its free buddy";
                }
            }
        }
        if (blocks != areas_[order].nr_free) {
            return "nr_free of order " + std::to_string(order) + " differs from its lists";
        }
    }
    if (static_cast<std::int64_t>(free_pages) != free_pages_snapshot()) {
        return "NR_FREE_PAGES is " + std::to_string(free_pages_snapshot()) + ", the lists hold " +
               std::to_string(free_pages);
    }
    return {};
}

std::string PcpLists::check() const {
    const KernelPolicy& policy = zone_->policy();
    for (const ListSet& set : sets_) {
        std::uint64_t pages = 0;
        for (int index = 0; index < policy.nr_lists(); ++index) {
            const int order = policy.list_order(index);
            // Lists of huge pages may hold several types; CMA and HIGHATOMIC stand among movable;
            // since 6.15 a block stolen alone keeps its type on the list it was taken for.
            const bool keeps_type = policy.fallback == Fallback::claim_then_steal;
            const Walk w = walk(zone_->frames(), set.lists[index], PageState::pcp, order,
                                [&policy, order, index, keeps_type](int type) {
                                    if (keeps_type) return true;
                                    return policy.list_index(order, pcp_type(type)) == index;
                                });
            if (!w.error.empty()) return "CPU " + std::to_string(cpu_) + ": " + w.error;
            pages += w.pages;
        }
        if (pages != set.count) {
            return "CPU " + std::to_string(cpu_) + ": pcp count is " + std::to_string(set.count) +
                   ", its lists hold " + std::to_string(pages);
        }
    }
    return {};
}

std::string check_invariants(const Zone& zone, std::span<const PcpLists> lists,
                             std::uint32_t in_transit_pages) {
    if (std::string error = zone.check_buddy(); !error.empty()) return error;
    std::uint64_t listed = 0;
    for (const PcpLists& pcp : lists) {
        if (std::string error = pcp.check(); !error.empty()) return error;
        listed += pcp.count(0) + pcp.count(1);
    }
    std::uint64_t pages = 0;
    std::uint64_t on_pcp = 0;
    const auto frames = zone.frames();
    for (Pfn page = 0; page < frames.size();) {
        if (frames[page].state == PageState::tail) {
            return "page " + std::to_string(page) + " belongs to no block";
        }
        const std::uint64_t block = std::uint64_t{1} << frames[page].order;
        if (frames[page].state == PageState::pcp) on_pcp += block;
        pages += block;
        page += static_cast<Pfn>(block);
    }
    if (pages != frames.size()) return "the last block reaches beyond the zone";
    if (on_pcp != listed + in_transit_pages) {
        return std::to_string(on_pcp) + " pages are marked as on pcp lists, the lists hold " +
               std::to_string(listed) + " and " + std::to_string(in_transit_pages) +
               " are in transit";
    }
    return {};
}

}  // namespace pcpbench
