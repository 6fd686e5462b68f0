// zone.hpp: one zone of the buddy allocator: free lists, pageblocks, counters, watermarks. No time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "allocator/kernel_policy.hpp"
#include "allocator/page_frame.hpp"

namespace pcpbench {

struct Watermarks {
    std::int64_t min = 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
};

// What an operation did under the zone lock; the machine turns it into time.
struct ZoneWork {
    std::uint32_t blocks = 0;
    std::uint32_t pages = 0;
    std::uint32_t splits = 0;
    std::uint32_t merges = 0;
};

struct FreeArea {
    std::array<FreeList, kPcpTypes> lists;
    std::uint32_t nr_free = 0;
};

class Zone {
  public:
    // `pages`: managed pages, all free at first as the largest blocks that fit. Every pageblock
    // starts movable (mm/page_alloc.c:memmap_init_range, v5.15).
    Zone(const KernelPolicy& policy, std::uint32_t pages, int cpus, Watermarks marks);

    // Takes a block of the order for the type, falling back to other types (3.1-3.4 of
    // kernel-allocator.md); kNoPage when none is left. The caller accounts NR_FREE_PAGES.
    Pfn take(int order, int type, ZoneWork& work);
    // Frees one block into the list of `type`, merging (__free_one_page); accounts on `cpu`.
    void give(Pfn page, int order, int type, int cpu, ZoneWork& work);

    // NR_FREE_PAGES changes by delta on a CPU: its remainder first (__mod_zone_page_state).
    void account(int cpu, std::int64_t delta);
    // Folds a CPU's remainder into the zone counter; true if there was one (refresh_cpu_vm_stats).
    bool fold(int cpu);
    bool has_remainder(int cpu) const { return remainder_[cpu] != 0; }

    // zone_watermark_fast for a caller without reserves: `mark` excludes the boost.
    bool watermark_ok(int order, std::int64_t mark) const;
    // free counter and all CPUs' remainders: what should_reclaim_retry looks at.
    std::int64_t free_pages_snapshot() const;

    int pageblock_type(Pfn page) const { return block_type_[page >> policy_.pageblock_order]; }
    std::span<PageFrame> frames() { return frames_; }
    std::span<const PageFrame> frames() const { return frames_; }
    const FreeArea& area(int order) const { return areas_[order]; }
    const KernelPolicy& policy() const { return policy_; }
    const Watermarks& marks() const { return marks_; }
    std::uint32_t managed_pages() const { return static_cast<std::uint32_t>(frames_.size()); }
    std::int64_t free_counter() const { return free_counter_; }
    std::int64_t boost_pages() const { return boost_; }
    void take_back_boost(std::int64_t pages) { boost_ -= pages < boost_ ? pages : boost_; }
    bool reclaim_active() const { return reclaim_active_; }
    void set_reclaim_active(bool active) { reclaim_active_ = active; }
    bool clear_boosted_flag();
    // vmstat.c:calculate_normal_threshold and calculate_pressure_threshold, v5.15.
    void set_pressure_threshold(bool pressure);
    int stat_threshold() const { return stat_threshold_; }
    void mark_in_use(Pfn page, int order, int type);

    // Empty if every invariant of the buddy lists holds, else what is wrong. O(pages).
    std::string check_buddy() const;

  private:
    Pfn take_own(int order, int type, ZoneWork& work);
    bool fall_back(int order, int type, ZoneWork& work);
    void steal(Pfn page, int order, int from, int to, ZoneWork& work);
    bool claim_pageblock(Pfn page, int from, int to, ZoneWork& work);
    bool boost_watermark();
    bool merge_likely(Pfn page, int order) const;
    bool is_free_block(Pfn page, int order) const;
    void insert(Pfn page, int order, int type, bool to_tail);
    void remove(Pfn page, int order);
    void move_to_tail(Pfn page, int order, int type);

    KernelPolicy policy_;
    Watermarks marks_;
    std::vector<PageFrame> frames_;
    std::vector<std::uint8_t> block_type_;
    std::array<FreeArea, kMaxOrders> areas_{};
    std::vector<std::int16_t> remainder_;
    std::int64_t free_counter_ = 0;
    std::int64_t boost_ = 0;
    int stat_threshold_ = 1;
    int cpus_;
    bool reclaim_active_ = false;
    bool boosted_flag_ = false;
};

}  // namespace pcpbench
