#include "allocator/pcp_lists.hpp"

#include <algorithm>

namespace pcpbench {

namespace {
constexpr int kBatchScaleMax = 5;  // CONFIG_PCP_BATCH_SCALE_MAX
}

int PcpLists::refill_blocks(int order) {
    PcpTuning& t = tuning_;
    const KernelPolicy& policy = zone_->policy();
    if (policy.refill == Refill::batch) return t.batch;
    if (policy.refill == Refill::batch_by_order) {
        return t.batch > 1 ? std::max(t.batch >> order, 2) : t.batch;
    }
    // nr_pcp_alloc, v6.12.
    int high = t.high = std::min(std::max(t.high, t.high_min), t.high_max);
    if (high < t.batch) return 1;
    int blocks = order > 0 ? t.batch : t.batch << t.alloc_factor;
    if (t.high_min != t.high_max && !zone_->below_high()) {
        high = t.high = std::min(high + blocks, t.high_max);
    }
    if (order == 0) {
        const int most =
            std::max(high - static_cast<int>(count()) - t.batch, t.batch);
        if (blocks <= most && t.alloc_factor < kBatchScaleMax) ++t.alloc_factor;
        blocks = std::min(blocks, most);
    }
    return blocks > 1 ? std::max(blocks >> order, 2) : blocks;
}

int PcpLists::refill(int set, TakeRequest request, int blocks, ZoneWork& work) {
    touch();
    const int order = request.order;
    FreeList& list = sets_[set].lists[zone_->policy().list_index(order, request.type)];
    int got = 0;
    for (; got < blocks; ++got) {
        const Pfn page = zone_->take(request, work);
        if (page == kNoPage) break;
        PageFrame& frame = zone_->frames()[page];
        frame.state = PageState::pcp;
        if (work.looked_at != nullptr) work.looked_at->push_back(page);
        list.push_tail(zone_->frames(), page);
    }
    sets_[set].count += static_cast<std::uint32_t>(got) << order;
    // v5.15 accounts a refill at once, at its end (rmqueue_bulk).
    if (!zone_->policy().account_each_block) {
        zone_->account(request.cpu, -(static_cast<std::int64_t>(got) << order), work);
    }
    return got;
}

std::uint32_t PcpLists::commit(int set, int order) {
    const KernelPolicy& policy = zone_->policy();
    const ListSet& lists = sets_[set];
    if (policy.free_scaling == FreeScaling::free_count) return commit_auto(lists.count, order);
    const bool free_high = policy.free_high_orders_at_once && tuning_.free_factor != 0 &&
                           order >= 1 && order <= policy.costly_order;
    const int threshold = free_high ? 0 : flush_threshold();
    if (static_cast<int>(lists.count) < threshold) return 0;
    return flush_pages(threshold, free_high, lists.count);
}

// nr_pcp_free through 6.6: grows with every flush until an allocation intervenes.
std::uint32_t PcpLists::flush_pages(std::int64_t threshold, bool free_high, std::uint32_t count) {
    PcpTuning& t = tuning_;
    const KernelPolicy& policy = zone_->policy();
    if (free_high) return count;
    if (policy.free_scaling == FreeScaling::none) return static_cast<std::uint32_t>(t.batch);
    if (threshold < t.batch) return 1;
    const std::int64_t wanted = static_cast<std::int64_t>(t.batch) << t.free_factor;
    const std::int64_t most = threshold - t.batch;
    if (wanted < most && t.free_factor < policy.free_factor_max) ++t.free_factor;
    return static_cast<std::uint32_t>(std::min(std::max<std::int64_t>(wanted, t.batch), most));
}

// nr_pcp_high, 6.7+: `high` moves between high_min and high_max.
int PcpLists::tuned_high(bool free_high, std::uint32_t count) {
    PcpTuning& t = tuning_;
    const int high = t.high = std::min(std::max(t.high, t.high_min), t.high_max);
    if (high == 0) return 0;
    if (free_high) {
        t.high = std::max(high - (t.batch << kBatchScaleMax), t.high_min);
        return 0;
    }
    const int step = std::max(t.free_count, t.batch);
    const int batches = zone_->policy().reclaim_active_batches;
    if (batches > 0 && zone_->reclaim_active()) {
        t.high = std::max(high - step, t.high_min);
        return std::min(batches * t.batch, t.high);
    }
    if (t.high_min == t.high_max) return high;
    if (zone_->below_high()) {
        t.high = std::max(high - step, t.high_min);
        return std::max(static_cast<int>(count), t.high_min);
    }
    if (static_cast<int>(count) >= high && t.high < t.free_count + t.batch) {
        t.high = std::min(std::max(t.free_count + t.batch, t.high_min), t.high_max);
    }
    return high;  // the old one, even when it was just raised
}

// Frees after which one of orders 1 to 3 flushes the whole list.
int PcpLists::free_high_frees() const {
    return tuning_.batch + (zone_->policy().free_high_needs_high_min ? tuning_.high_min / 2 : 0);
}

std::int64_t PcpLists::frees_before_free_high() const {
    const KernelPolicy& policy = zone_->policy();
    // The count falls with allocations and can only be lower than if there were none.
    if (policy.free_scaling == FreeScaling::free_count) {
        return free_high_frees() - 1 - tuning_.free_count;
    }
    // The factor grows with flushes only.
    return policy.free_high_orders_at_once && tuning_.free_factor != 0 ? -1 : INT32_MAX;
}

// What tuned_high may come down to by frees that do not flush.
std::int64_t PcpLists::least_threshold() const {
    const PcpTuning& t = tuning_;
    if (zone_->policy().free_scaling != FreeScaling::free_count) return flush_threshold();
    const int high = std::min(std::max(t.high, t.high_min), t.high_max);
    const int batches = zone_->policy().reclaim_active_batches;
    if (batches > 0 && zone_->reclaim_active()) {
        return std::min(batches * t.batch, std::min(high, t.high_min));
    }
    return t.high_min != t.high_max && zone_->below_high() ? std::min(high, t.high_min) : high;
}

// free_unref_page_commit, 6.7+.
std::uint32_t PcpLists::commit_auto(std::uint32_t count, int order) {
    PcpTuning& t = tuning_;
    const KernelPolicy& policy = zone_->policy();
    t.alloc_factor >>= 1;
    bool free_high = false;
    if (order >= 1 && order <= policy.costly_order) {
        free_high = t.free_count >= free_high_frees() && t.previous_free_high_order &&
                    (!t.free_high_batch || static_cast<int>(count) >= t.batch);
        t.previous_free_high_order = true;
    } else {
        t.previous_free_high_order = false;
    }
    if (t.free_count < (t.batch << kBatchScaleMax)) t.free_count += 1 << order;
    const int threshold = tuned_high(free_high, count);
    if (static_cast<int>(count) < threshold) return 0;
    if (free_high) {
        return std::min(count, static_cast<std::uint32_t>(t.batch << kBatchScaleMax));
    }
    if (threshold < t.batch) return 1;
    return static_cast<std::uint32_t>(
        std::min(std::max(t.free_count, t.batch), threshold - t.batch));
}

std::uint32_t PcpLists::decay() {
    touch();
    PcpTuning& t = tuning_;
    if (t.high > t.high_min) {
        t.high = std::max({static_cast<int>(count()) - (t.batch << kBatchScaleMax),
                           t.high - (t.high >> 3), t.high_min});
    }
    const int excess = static_cast<int>(count()) - t.high;
    return excess > 0 ? static_cast<std::uint32_t>(excess) : 0;
}

void PcpLists::append(int index, Pfn page, int order, int type) {
    PageFrame& frame = zone_->frames()[page];
    frame.state = PageState::pcp;
    frame.order = static_cast<std::uint8_t>(order);
    frame.list_type = static_cast<std::uint8_t>(type);
    sets_[live_].lists[static_cast<std::size_t>(index)].push_tail(zone_->frames(), page);
    sets_[live_].count += 1U << order;
}

void PcpLists::prepend(int index, Pfn page, int order, int type) {
    PageFrame& frame = zone_->frames()[page];
    frame.state = PageState::pcp;
    frame.order = static_cast<std::uint8_t>(order);
    frame.list_type = static_cast<std::uint8_t>(type);
    sets_[live_].lists[static_cast<std::size_t>(index)].push_head(zone_->frames(), page);
    sets_[live_].count += 1U << order;
}

void PcpLists::withdraw(int index, Pfn page) {
    sets_[live_].lists[static_cast<std::size_t>(index)].remove(zone_->frames(), page);
    sets_[live_].count -= 1U << zone_->frames()[page].order;
}

FlushCursor PcpLists::begin_flush(std::uint32_t pages, int first) const {
    const bool weighted =
        zone_->policy().bulk_free_order == BulkFreeOrder::weighted_round_robin;
    return {.left = std::min(pages, count()), .index = weighted ? 0 : first};
}

// Each list reached gives as many blocks as lists were looked at since; the only list left gives
// everything. False if all are empty.
bool PcpLists::choose_weighted(const ListSet& lists, FlushCursor& cursor) const {
    const int nr_lists = zone_->policy().nr_lists();
    for (int looked = 0; looked < nr_lists; ++looked) {
        ++cursor.weight;
        cursor.index = (cursor.index + 1) % nr_lists;
        if (lists.lists[static_cast<std::size_t>(cursor.index)].empty()) continue;
        if (cursor.weight == nr_lists) cursor.weight = cursor.left;
        cursor.next_list = false;
        return true;
    }
    return false;
}

Pfn PcpLists::flush_next(int set, FlushCursor& cursor) {
    const KernelPolicy& policy = zone_->policy();
    ListSet& lists = sets_[set];
    const auto at = [&]() -> FreeList& {
        return lists.lists[static_cast<std::size_t>(cursor.index)];
    };
    if (cursor.left <= 0) return kNoPage;
    const bool weighted = policy.bulk_free_order == BulkFreeOrder::weighted_round_robin;
    if (weighted) {
        if (cursor.next_list && !choose_weighted(lists, cursor)) return kNoPage;
    } else {
        for (int idle = 0; at().empty(); ++idle) {
            if (idle == policy.nr_lists()) return kNoPage;
            cursor.index = (cursor.index + 1) % policy.nr_lists();
        }
    }
    const Pfn page = at().tail;
    const Pfn pages = Pfn{1} << policy.list_order(cursor.index);
    at().remove(zone_->frames(), page);
    lists.count -= pages;
    cursor.left -= pages;
    if (weighted) cursor.next_list = --cursor.weight <= 0 || at().empty();
    return page;
}

void PcpLists::collect(int set, std::uint32_t pages, std::vector<Pfn>& out, int first) {
    touch();
    FlushCursor cursor = begin_flush(pages, first);
    cursor.left = std::min(pages, sets_[set].count);
    for (Pfn page = flush_next(set, cursor); page != kNoPage; page = flush_next(set, cursor)) {
        out.push_back(page);
    }
    // After a replay's divergence the count may promise more than the lists hold.
    if (cursor.left > 0) sets_[set].count = 0;
}

void PcpLists::count_blocks(std::span<std::int32_t> blocks) const {
    for (std::size_t i = 0; i < kMaxPcpLists; ++i) {
        blocks[i] = static_cast<std::int32_t>(sets_[live_].lists[i].blocks);
    }
}

int drained_type(const Zone& zone, Pfn page) {
    if (zone.policy().drain_by_pageblock || zone.isolated_blocks() > 0) {
        return zone.pageblock_type(page);
    }
    return zone.frames()[page].list_type;
}

void free_collected(Zone& zone, int cpu, const std::vector<Pfn>& pages, ZoneWork& work,
                    CaptureSlot* capture) {
    for (const Pfn page : pages) {
        const int order = zone.frames()[page].order;
        const int type = drained_type(zone, page);
        zone.give(page, order, type, cpu, work, {.capture = capture});
        if (work.events != nullptr) {
            work.events->push_back({.kind = ZoneEvent::Kind::freed,
                                    .order = static_cast<std::uint8_t>(order),
                                    .type = static_cast<std::uint8_t>(type),
                                    .page = page});
        }
    }
}

}  // namespace pcpbench
