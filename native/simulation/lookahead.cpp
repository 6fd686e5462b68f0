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
    at_ = cursor.at_;
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
    lists.count_blocks(left_);
    left_[kHeadroom] = static_cast<std::int32_t>(
        std::clamp<std::int64_t>(lists.headroom_pages(), -1, INT32_MAX));
    if (!conditions.frees) left_[kHeadroom] = -1;
    frees_before_free_high_ = lists.frees_before_free_high();
}

// One budget for each kind of call: which of them comes next is random, and not worth a branch.
inline bool Lookahead::accept(const Op& op, const KernelPolicy& policy) {
    if (op.kind > OpKind::free) return op.kind == OpKind::pause;
    if (!policy.on_pcp(op.order)) return false;
    const bool frees = op.kind == OpKind::free;
    const std::uint32_t served = conditions_.alloc_orders >> op.order & 1;
    if ((served | static_cast<std::uint32_t>(frees)) == 0) return false;
    if (frees && policy.free_high_orders_at_once) {
        const bool high_order = op.order > 0 && op.order <= policy.costly_order;
        if (high_order && frees_before_free_high_ < 0) return false;
        frees_before_free_high_ -= 1 << op.order;
    }
    const auto list = static_cast<std::size_t>(policy.list_index(op.order, op.type));
    std::int32_t& left = left_[frees ? kHeadroom : list];
    left -= frees ? 1 << op.order : 1;
    return left >= 0;
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
    std::uint64_t sure = sure_;
    Picoseconds gaps = gaps_;
    while (sure < end && accept(op(sure), policy)) gaps += op(++sure).gap;
    sure_ = sure;
    gaps_ = gaps;
    return start + gaps;
}

}  // namespace pcpbench
