// The bits of a recorded call: alloc_flags of mm/internal.h:ALLOC_*, which did not move between 5.10
// and 7.2, and those of the GFP mask that the replay reads (include/linux/gfp_types.h:___GFP_*).
#pragma once

#include <cstdint>

#include "allocator/kernel_policy.hpp"

namespace pcpbench::alloc {

inline constexpr std::uint32_t kLowMark = 0x1;
inline constexpr std::uint32_t kMarkMask = 0x3;  // min, low or high
inline constexpr std::uint32_t kNoWatermarks = 0x4;
inline constexpr std::uint32_t kOom = 0x8;
inline constexpr std::uint32_t kHarder = 0x10;  // later NON_BLOCK
inline constexpr std::uint32_t kHigh = 0x20;    // later MIN_RESERVE
inline constexpr std::uint32_t kNoFragment = 0x100;
inline constexpr std::uint32_t kHighAtomic = 0x200;
inline constexpr std::uint32_t kWakesKswapd = 0x800;

// Whether rmqueue_buddy looks at the highatomic reserve before the lists of the type asked for.
inline bool reserve_first(const KernelPolicy& policy, std::uint32_t flags, int order) {
    if (policy.atomic_flags != AtomicFlags::harder) return (flags & kHighAtomic) != 0;
    return order > 0 && (flags & kHarder) != 0;
}
// Whether it looks there after them.
inline bool reserve_last(const KernelPolicy& policy, std::uint32_t flags) {
    return policy.atomic_flags != AtomicFlags::harder && (flags & (kOom | kHarder)) != 0;
}

}  // namespace pcpbench::alloc

namespace pcpbench::gfp_bit {

inline constexpr std::uint64_t kHigh = 0x20;
inline constexpr std::uint64_t kAtomic = 0x200;
inline constexpr std::uint64_t kDirectReclaim = 0x400;
inline constexpr std::uint64_t kKswapd = 0x800;
inline constexpr std::uint64_t kWrite = 0x1000;  // the dirty limit may pass over a zone
inline constexpr std::uint64_t kNoMemalloc = 0x80000;
inline constexpr std::uint64_t kThisNode = 0x200000;

}  // namespace pcpbench::gfp_bit
