#include "bindings/read_policy.hpp"

#include <nanobind/stl/string.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace nb = nanobind;

namespace pcpbench {

namespace {

template <class E, std::size_t N>
E word(nb::dict from, const char* key, const std::array<std::pair<const char*, E>, N>& choices) {
    const auto text = nb::cast<std::string>(from[key]);
    for (const auto& [name, value] : choices) {
        if (text == name) return value;
    }
    throw std::invalid_argument(std::string(key) + " is " + text + ", which the core does not know");
}

template <class E>
using Choice = std::pair<const char*, E>;

int whole(nb::dict from, const char* key, int most) {
    const int value = nb::cast<int>(from[key]);
    if (value < -1 || value > most) throw std::invalid_argument(std::string(key) + " is too large");
    return value;
}

bool flag(nb::dict from, const char* key) { return nb::cast<bool>(from[key]); }

}  // namespace

KernelPolicy read_policy(nb::dict from) {
    KernelPolicy policy;
    policy.max_order = whole(from, "max_order", kMaxOrders - 1);
    policy.pageblock_order = whole(from, "pageblock_order", kMaxOrders - 1);
    policy.costly_order = whole(from, "pcp_max_order", 3);
    policy.thp_order = whole(from, "thp_order", kMaxOrders - 1);
    policy.free_factor_max = whole(from, "free_factor_max", 30);
    policy.watermark_boost_factor = whole(from, "watermark_boost_factor", 100'000);
    policy.fallback = word(from, "fallback",
                           std::array{Choice<Fallback>{"steal_whole", Fallback::steal_whole},
                                      Choice<Fallback>{"claim_then_steal",
                                                       Fallback::claim_then_steal}});
    policy.thp_lists = word(
        from, "thp_lists",
        std::array{Choice<ThpLists>{"none", ThpLists::none},
                   Choice<ThpLists>{"per_type", ThpLists::per_type},
                   Choice<ThpLists>{"one", ThpLists::one}, Choice<ThpLists>{"two", ThpLists::two}});
    policy.refill = word(from, "refill_blocks",
                         std::array{Choice<Refill>{"batch", Refill::batch},
                                    Choice<Refill>{"batch_by_order", Refill::batch_by_order},
                                    Choice<Refill>{"alloc_factor", Refill::alloc_factor}});
    policy.free_scaling =
        word(from, "free_scaling",
             std::array{Choice<FreeScaling>{"none", FreeScaling::none},
                        Choice<FreeScaling>{"free_factor", FreeScaling::free_factor},
                        Choice<FreeScaling>{"free_count", FreeScaling::free_count}});
    policy.bulk_free_order = word(
        from, "bulk_free_order",
        std::array{
            Choice<BulkFreeOrder>{"weighted_round_robin", BulkFreeOrder::weighted_round_robin},
            Choice<BulkFreeOrder>{"from_list_in_use", BulkFreeOrder::from_list_in_use}});
    policy.merge_types =
        word(from, "merge_types",
             std::array{Choice<MergeTypes>{"all_but_isolated", MergeTypes::all_but_isolated},
                        Choice<MergeTypes>{"pcp_types", MergeTypes::pcp_types},
                        Choice<MergeTypes>{"pcp_types_set_type", MergeTypes::pcp_types_set_type}});
    policy.atomic_flags =
        word(from, "atomic_reserves",
             std::array{Choice<AtomicFlags>{"harder", AtomicFlags::harder},
                        Choice<AtomicFlags>{"non_block", AtomicFlags::non_block}});
    policy.free_high_orders_at_once = flag(from, "free_high_orders_at_once");
    policy.free_high_needs_high_min = flag(from, "free_high_needs_high_min");
    policy.reclaim_active_batches = whole(from, "reclaim_active_batches", 64);
    policy.drain_by_pageblock = flag(from, "drain_by_pageblock");
    policy.account_each_block = flag(from, "account_each_block");
    policy.nofragment_below_pageblock = flag(from, "nofragment_below_pageblock");
    policy.buddy_when_pcp_empty = flag(from, "buddy_when_pcp_empty");
    policy.below_high_flag = flag(from, "below_high_flag");
    policy.highatomic_skips_refill = flag(from, "highatomic_skips_refill");
    policy.free_in_pageblocks = flag(from, "free_in_pageblocks");
    policy.drift_mark_resets = flag(from, "drift_mark_resets");
    policy.flush_chunk_batches = whole(from, "flush_chunk_batches", 64);
    policy.decay_chunk_batches = whole(from, "decay_chunk_batches", 64);
    policy.drain_hold_batches = whole(from, "drain_hold_batches", 64);
    if (policy.max_order < policy.pageblock_order || policy.nr_lists() > kMaxPcpLists) {
        throw std::invalid_argument("the core has fewer orders or pcp lists than this kernel");
    }
    return policy;
}

}  // namespace pcpbench
