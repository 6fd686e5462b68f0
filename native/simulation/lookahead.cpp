#include "simulation/lookahead.hpp"

#include <algorithm>
#include <span>

namespace pcpbench {

void Lookahead::advance(Stream& stream) {
    ++at_;
    draw(stream);
    if (at_ <= sure_) {
        gaps_ -= op(at_).gap;
    } else {
        version_ = 0;
    }
}

void Lookahead::skip_to(const Cursor& cursor, Stream& stream) {
    at_ += static_cast<std::uint64_t>(cursor.op_ - &op(at_)) % (2 * kBlock);
    gaps_ -= cursor.gaps_;
    draw(stream);
}

void Lookahead::draw(Stream& stream) {
    while (at_ + kBlock > drawn_ || drawn_ < 2 * kBlock) {
        stream.draw(std::span(ops_).subspan(drawn_ % (2 * kBlock), kBlock));
        drawn_ += kBlock;
    }
}

void Lookahead::restart(const PcpLists& lists, const Conditions& conditions) {
    version_ = lists.version();
    conditions_ = conditions;
    sure_ = restarted_at_ = at_;
    gaps_ = 0;
    lists.count_blocks(std::span(left_).first(kMaxPcpLists));
    left_[kNothing] = -1;
    left_[kHeadroom] = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(lists.headroom_pages(), -1, INT32_MAX));
    if (!conditions.frees) left_[kHeadroom] = -1;
    frees_before_free_high_ = lists.frees_before_free_high();
}

// What each kind of call takes from the budgets. It depends on nothing but the release and the
// orders that allocations may have.
void Lookahead::set_prices(const KernelPolicy& policy, std::uint32_t alloc_orders) {
    priced_for_ = alloc_orders;
    const std::uint32_t pcp_orders = policy.pcp_orders();
    prices_.fill({kNothing, 0});
    for (int order = 0; order < kMaxOrders; ++order) {
        if ((pcp_orders >> order & 1) == 0) continue;
        for (int type = 0; type < kPcpTypes; ++type) {
            const auto pages = static_cast<std::uint16_t>(1 << order);
            price_of(OpKind::free, order, type) = {kHeadroom, pages};
            if ((alloc_orders >> order & 1) == 0) continue;
            const auto list = static_cast<std::uint16_t>(policy.list_index(order, type));
            price_of(OpKind::alloc, order, type) = {list, 1};
        }
    }
}

Picoseconds Lookahead::bound(Picoseconds start, const PcpLists& lists, const KernelPolicy& policy,
                             const Conditions& conditions) {
    constexpr std::uint64_t kFew = 8;
    // A search that has come to its end knows less than the lists do by now.
    const bool stale = version_ != lists.version() || conditions != conditions_ ||
                       (sure_ < at_ + kFew && at_ >= restarted_at_ + kFew);
    if (stale) restart(lists, conditions);
    const std::uint64_t end = std::min(drawn_, at_ + kBlock) - 1;
    if (!conditions_.lists_in_use) return start;
    if (conditions_.alloc_orders != priced_for_) {
        set_prices(policy, conditions_.alloc_orders);
    }
    const std::uint32_t telling_frees =
        policy.free_high_orders_at_once ? policy.high_orders() : 0;
    std::uint64_t sure = sure_;
    Cursor cursor(&op(sure), ops_.data() + ops_.size());
    for (; sure < end; ++sure, cursor.advance()) {
        const Op& next = cursor.op();
        if (next.kind == OpKind::pause) continue;
        if (next.kind > OpKind::free) break;
        // Which kind of call comes next is random, and not worth a branch.
        const Price price = price_of(next.kind, next.order, next.type);
        if (telling_frees != 0 && next.kind == OpKind::free) {
            if ((telling_frees >> next.order & 1) != 0 && frees_before_free_high_ < 0) break;
            frees_before_free_high_ -= price.amount;
        }
        if ((left_[price.budget] -= price.amount) < 0) break;
    }
    sure_ = sure;
    gaps_ += cursor.gaps_;
    return start + gaps_;
}

}  // namespace pcpbench
