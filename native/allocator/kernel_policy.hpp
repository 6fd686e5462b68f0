// kernel_policy.hpp: the list rules of one kernel release, as plain data (from kernels/presets/*.yaml).
#pragma once

#include <cstdint>

namespace pcpbench {

// Field meanings and sources are in the preset files; section numbers are of docs/model.md.
struct KernelPolicy {
    int max_order = 10;            // largest buddy order, inclusive
    int pageblock_order = 9;
    int costly_order = 3;          // PAGE_ALLOC_COSTLY_ORDER: orders 0..3 have pcp lists
    int thp_order = 9;             // the other order with pcp lists; -1 without THP
    int free_factor_max = 30;      // 5.15 has no cap; later releases 5 (PCP_BATCH_SCALE_MAX)
    int watermark_boost_factor = 15000;
    int nr_classes() const { return costly_order + 1 + (thp_order >= 0 ? 1 : 0); }

    bool on_pcp(int order) const { return order <= costly_order || order == thp_order; }
    // Index of the pcp list of (order, type): include/linux/mmzone.h and order_to_pindex, v5.15.
    int list_index(int order, int type) const {
        return (order <= costly_order ? order : costly_order + 1) * 3 + type;
    }
    int list_order(int index) const {
        return index / 3 <= costly_order ? index / 3 : thp_order;
    }
};

inline constexpr int kMaxOrders = 16;
inline constexpr int kMaxPcpLists = 15;

}  // namespace pcpbench
