#include "allocator/pcp_lists.hpp"

#include <algorithm>

namespace pcpbench {

Pfn PcpLists::pop(int set, int order, int type) {
    ListSet& lists = sets_[set];
    FreeList& list = lists.lists[zone_->policy().list_index(order, type)];
    const Pfn page = list.head;
    list.remove(zone_->frames(), page);
    lists.count -= 1U << order;
    zone_->mark_in_use(page, order, type);
    return page;
}

void PcpLists::refill(int set, int order, int type, ZoneWork& work) {
    touch();
    const int blocks = batch_ > 1 ? std::max(batch_ >> order, 2) : batch_;
    FreeList& list = sets_[set].lists[zone_->policy().list_index(order, type)];
    int got = 0;
    for (; got < blocks; ++got) {
        const Pfn page = zone_->take(order, type, work);
        if (page == kNoPage) break;
        PageFrame& frame = zone_->frames()[page];
        frame.state = PageState::pcp;
        frame.line_owner = static_cast<std::uint16_t>(cpu_);
        list.push_tail(zone_->frames(), page);
    }
    sets_[set].count += static_cast<std::uint32_t>(got) << order;
    // v5.15 accounts a refill at once, at its end (rmqueue_bulk).
    zone_->account(cpu_, -(static_cast<std::int64_t>(got) << order));
}

std::uint32_t PcpLists::push(int set, Pfn page, int order) {
    const int type = zone_->pageblock_type(page);
    PageFrame& frame = zone_->frames()[page];
    frame.state = PageState::pcp;
    frame.order = static_cast<std::uint8_t>(order);
    frame.list_type = static_cast<std::uint8_t>(type);
    ListSet& lists = sets_[set];
    lists.lists[zone_->policy().list_index(order, type)].push_head(zone_->frames(), page);
    lists.count += 1U << order;
    const int threshold = flush_threshold();
    return static_cast<int>(lists.count) >= threshold ? flush_pages(threshold) : 0;
}

// nr_pcp_free, v5.15: grows with every flush until an allocation intervenes.
std::uint32_t PcpLists::flush_pages(int threshold) {
    if (threshold < batch_) return 1;
    const std::int64_t wanted = static_cast<std::int64_t>(batch_) << free_factor_;
    const std::int64_t most = threshold - batch_;
    if (wanted < most && free_factor_ < zone_->policy().free_factor_max) ++free_factor_;
    return static_cast<std::uint32_t>(std::min(std::max<std::int64_t>(wanted, batch_), most));
}

void PcpLists::collect(int set, std::uint32_t pages, std::vector<Pfn>& out) {
    touch();
    const KernelPolicy& policy = zone_->policy();
    ListSet& lists = sets_[set];
    const int nr_lists = 3 * policy.nr_classes();
    std::int64_t left = std::min(pages, lists.count);
    int index = 0;
    std::int64_t weight = 0;
    // Weighted round robin: each list reached gives as many blocks as lists were looked at since.
    while (left > 0) {
        do {
            ++weight;
            index = (index + 1) % nr_lists;
        } while (lists.lists[index].empty());
        if (weight == nr_lists) weight = left;  // the only list left gives everything
        const int order = policy.list_order(index);
        FreeList& list = lists.lists[index];
        do {
            const Pfn page = list.tail;
            list.remove(zone_->frames(), page);
            lists.count -= 1U << order;
            out.push_back(page);
            left -= std::int64_t{1} << order;
            if (left <= 0) break;
            --weight;
        } while (weight > 0 && !list.empty());
    }
}

void PcpLists::count_blocks(std::array<std::int32_t, kMaxPcpLists>& blocks) const {
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        blocks[i] = static_cast<std::int32_t>(sets_[live_].lists[i].blocks);
    }
}

void free_collected(Zone& zone, int cpu, const std::vector<Pfn>& pages, ZoneWork& work) {
    for (const Pfn page : pages) {
        const PageFrame& frame = zone.frames()[page];
        const int order = frame.order;
        const int type = frame.list_type;
        zone.give(page, order, type, cpu, work);
    }
}

}  // namespace pcpbench
