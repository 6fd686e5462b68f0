// kernel_policy.hpp: the list rules of one kernel release, as plain data (from kernels/presets/*.yaml).
#pragma once

#include <cstdint>

namespace pcpbench {

enum class Fallback : std::uint8_t { steal_whole, claim_then_steal };
enum class ThpLists : std::uint8_t { none, per_type, one, two };
enum class Refill : std::uint8_t { batch, batch_by_order, alloc_factor };
enum class FreeScaling : std::uint8_t { none, free_factor, free_count };
enum class BulkFreeOrder : std::uint8_t { weighted_round_robin, from_list_in_use };
// Which blocks of at least a pageblock merge with a buddy of another type.
enum class MergeTypes : std::uint8_t { all_but_isolated, pcp_types, pcp_types_set_type };
enum class AtomicFlags : std::uint8_t { harder, non_block };

// Field meanings and sources are in the preset files; section numbers are of docs/model.md.
// The defaults are those of v5.15.
struct KernelPolicy {
    int max_order = 10;            // largest buddy order, inclusive
    int pageblock_order = 9;
    int page_shift = 12;           // what counts memory instead of pages (statistics thresholds)
    int costly_order = 3;          // orders 0 to this one have pcp lists
    int thp_order = 9;             // the other order with pcp lists; -1 without THP
    int free_factor_max = 30;      // 5.15 has no cap; later releases 5 (PCP_BATCH_SCALE_MAX)
    int watermark_boost_factor = 15000;
    int types = 5;                 // migratetypes that have lists; the last one is ISOLATE
    Fallback fallback = Fallback::steal_whole;
    ThpLists thp_lists = ThpLists::per_type;
    Refill refill = Refill::batch_by_order;
    FreeScaling free_scaling = FreeScaling::free_factor;
    BulkFreeOrder bulk_free_order = BulkFreeOrder::weighted_round_robin;
    MergeTypes merge_types = MergeTypes::all_but_isolated;
    AtomicFlags atomic_flags = AtomicFlags::harder;
    bool free_high_orders_at_once = false;
    bool free_high_needs_high_min = false;  // 6.18+: batch + high_min/2 frees before
    int reclaim_active_batches = 4;         // 0: high holds
    bool drain_by_pageblock = false;        // else by the type remembered in page->index
    bool account_each_block = false;        // else a refill's pages at once, at its end
    bool nofragment_below_pageblock = false;
    bool buddy_when_pcp_empty = false;      // 6.0+: a failed pcp attempt tries the buddy lists
    bool below_high_flag = false;           // 6.7+: ZONE_BELOW_HIGH
    bool highatomic_skips_refill = false;   // 7.2
    bool free_in_pageblocks = false;        // 6.12+: split_large_buddy
    bool drift_mark_resets = false;         // 7.2: while drift may breach the minimum
    int flush_chunk_batches = 0;            // in one hold of the list; 0: all
    int decay_chunk_batches = 0;
    int drain_hold_batches = 0;

    int isolate_type() const { return types - 1; }
    int nr_lists() const {
        const int small = 3 * (costly_order + 1);
        if (thp_order < 0) return small;
        switch (thp_lists) {
            case ThpLists::none: return small;
            case ThpLists::per_type: return small + 3;
            case ThpLists::one: return small + 1;
            case ThpLists::two: return small + 2;
        }
        return small;
    }

    bool on_pcp(int order) const {
        return order <= costly_order || (order == thp_order && thp_lists != ThpLists::none);
    }
    // The orders that have pcp lists, a bit for each.
    std::uint32_t pcp_orders() const {
        const std::uint32_t small = (2U << costly_order) - 1;
        const bool thp = thp_order >= 0 && thp_lists != ThpLists::none;
        return thp ? small | 1U << thp_order : small;
    }
    // Those above 0 whose frees in a row may flush a whole list.
    std::uint32_t high_orders() const { return (2U << costly_order) - 2; }
    // Index of the pcp list of (order, type): include/linux/mmzone.h and order_to_pindex.
    int list_index(int order, int type) const {
        if (order <= costly_order) return order * 3 + type;
        const int first = 3 * (costly_order + 1);
        if (thp_lists == ThpLists::one) return first;
        if (thp_lists == ThpLists::two) return first + (type == 1 ? 1 : 0);
        return first + type;
    }
    int list_order(int index) const {
        return index / 3 <= costly_order ? index / 3 : thp_order;
    }
};

inline constexpr int kMaxOrders = 16;
inline constexpr int kMaxPcpLists = 15;
inline constexpr int kMaxTypes = 6;

}  // namespace pcpbench
