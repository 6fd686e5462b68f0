// lookahead.hpp: how far a CPU's next operations certainly stay within its own lists.
//
// Operations that touch nothing but the CPU's own lists commute with those of other CPUs. Until the
// first that might do something else a CPU can be left to itself; this finds a lower bound of that
// moment. Results do not depend on it (docs/model.md).
#pragma once

#include <array>
#include <cstdint>

#include "allocator/pcp_lists.hpp"
#include "simulation/stream.hpp"

namespace pcpbench {

class Lookahead {
  public:
    // What must hold for an operation to stay local, apart from the lists themselves.
    struct Conditions {
        std::uint32_t alloc_orders = 0;  // bit by order: the zone serves it without reclaim
        bool reclaim_active = false;     // lists flush earlier
        bool below_high = false;         // so they do
        bool frees = true;               // all blocks held are of the zone whose lists these are
        bool lists_in_use = true;        // else every call needs the zone
        bool operator==(const Conditions&) const = default;
    };

    const Op& current() const { return op(at_); }
    // Goes on to the next operation. Operations are drawn ahead in blocks, whatever the bounds.
    void advance(Stream& stream);
    // Walks over operations that are drawn.
    class Cursor {
      public:
        const Op& op() const { return *op_; }
        void advance() {
            if (++op_ == end_) op_ -= 2 * kBlock;
            gaps_ += op_->gap;
        }

      private:
        friend class Lookahead;
        Cursor(const Op* op, const Op* end) : op_(op), end_(end) {}
        const Op* op_;
        const Op* end_;  // of all that are kept
        Picoseconds gaps_ = 0;
    };
    Cursor cursor() const { return {&op(at_), ops_.data() + ops_.size()}; }
    // Goes on to where the cursor is, which is not beyond the sure operations' end.
    void skip_to(const Cursor& cursor, Stream& stream);
    // No operation before this moment can be anything but local. `start`: of the current
    // operation.
    Picoseconds bound(Picoseconds start, const PcpLists& lists, const KernelPolicy& policy,
                      const Conditions& conditions);

  private:
    static constexpr std::uint64_t kBlock = 64;

    const Op& op(std::uint64_t number) const { return ops_[number % (2 * kBlock)]; }
    void draw(Stream& stream);
    void restart(const PcpLists& lists, const Conditions& conditions);
    void set_prices(const KernelPolicy& policy, std::uint32_t alloc_orders);
    static constexpr std::uint16_t kHeadroom = kMaxPcpLists;
    static constexpr std::uint16_t kNothing = kMaxPcpLists + 1;  // for calls that are not local
    // What an allocation or a free takes, and of which budget.
    struct Price {
        std::uint16_t budget = kNothing;
        std::uint16_t amount = 0;
    };
    Price& price_of(OpKind kind, int order, int type) {
        static_assert(static_cast<int>(OpKind::alloc) == 0 && static_cast<int>(OpKind::free) == 1);
        return prices_[static_cast<std::size_t>(order * 8 + type * 2 + static_cast<int>(kind))];
    }

    std::array<Op, 2 * kBlock> ops_;
    // Numbers of operations: the current one; those from it up to (not including) sure_ are local.
    std::uint64_t at_ = ~std::uint64_t{0};
    std::uint64_t sure_ = 0;
    std::uint64_t restarted_at_ = 0;
    std::uint64_t drawn_ = 0;
    Picoseconds gaps_ = 0;  // from the start of at_ to that of sure_, calls taken to last no time
    std::uint64_t version_ = 0;  // of the lists when the search began; 0: search anew
    Conditions conditions_;
    // The budgets: left of the blocks that each list held then, if no free ever added to a list;
    // behind them, the pages that frees may still add before one flushes.
    std::array<std::int32_t, kMaxPcpLists + 2> left_{};
    std::array<Price, std::size_t{kMaxOrders} * 8> prices_{};  // by order, type and kind
    std::uint32_t priced_for_ = ~0U;
    std::int64_t frees_before_free_high_ = 0;
};

}  // namespace pcpbench
