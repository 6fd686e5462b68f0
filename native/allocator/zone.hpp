// zone.hpp: one zone of the buddy allocator: free lists, pageblocks, counters, watermarks. No time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "allocator/frame_array.hpp"
#include "allocator/kernel_policy.hpp"
#include "allocator/page_frame.hpp"
#include "allocator/zone_work.hpp"

namespace pcpbench {

struct Watermarks {
    std::int64_t min = 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
};

struct FreeArea {
    std::array<FreeList, kMaxTypes> lists;
    std::uint32_t nr_free = 0;
};

// What a caller may use of the reserves (alloc_flags).
struct Reserves {
    bool min_reserve = false;  // __GFP_HIGH: half of the minimum
    bool harder = false;       // a further quarter: ALLOC_HARDER or ALLOC_NON_BLOCK
    bool oom = false;
    bool reserved = false;     // counts HIGHATOMIC pages as free
    bool highatomic = false;   // may take HIGHATOMIC blocks
};

// What an operation did to lists and pageblocks, so that it can be taken back.
struct ZoneJournal {
    enum class Kind : std::uint8_t { inserted, removed, retyped };
    struct Step {
        Kind kind;
        std::uint8_t type;  // of the pageblock before
        Pfn page;
        PageFrame before;
    };
    std::vector<Step> steps;
};

// Pages are numbered from the zone's base, a multiple of the largest block.
class Zone {
  public:
    // `pages`: managed pages, all free at first as the largest blocks that fit. Every pageblock
    // starts movable (mm/page_alloc.c:memmap_init_range, v5.15).
    Zone(const KernelPolicy& policy, std::uint32_t pages, int cpus, Watermarks marks);
    // A zone without free pages, for a snapshot to fill: frames [start, end) are spanned.
    Zone(const KernelPolicy& policy, Pfn start, Pfn end, std::uint32_t managed, int cpus,
         Watermarks marks);

    // Takes a block of the order for the type, falling back to other types (3.1-3.5 of
    // kernel-allocator.md); kNoPage when none is left. The caller accounts NR_FREE_PAGES unless
    // policy().account_each_block.
    Pfn take(TakeRequest& request, ZoneWork& work);
    Pfn take(int order, int type, ZoneWork& work) {
        TakeRequest request{.order = order, .type = type};
        return take(request, work);
    }
    // The first part of take() that an event shows: a block, or (through 6.9) the move of another
    // type's pages that precedes it, with kNoPage.
    Pfn step(TakeRequest& request, ZoneWork& work);
    // Moves a block of another type, or its pageblock, as a recording says it was moved: to the lists
    // of `request.type` (through 6.9).
    void steal_as_recorded(Pfn page, int order, bool owner_changes, TakeRequest& request,
                           ZoneWork& work);
    // Keeps what changes lists and types from now on; nullptr ends it.
    void keep_journal(ZoneJournal* journal) { journal_ = journal; }
    // Takes back all that the journal holds, and empties it. Nothing else may have changed since.
    void take_back(ZoneJournal& journal);
    // Takes a block from the lists of one type only; kNoPage without one.
    Pfn take_own(int cpu, int order, int type, ZoneWork& work);
    // So many blocks can be taken from the lists of that type alone, and no pageblock changes type.
    bool has_own_blocks(int order, int type, int blocks) const;
    // Frees one block into the list of `type`, merging (__free_one_page); accounts on `cpu`.
    void give(Pfn page, int order, int type, int cpu, ZoneWork& work,
              const GiveOptions& options = {});
    // Frees one block that comes from no pcp list: where the release does so, pageblock by
    // pageblock, each into the list of its own type (split_large_buddy).
    void give_block(Pfn page, int order, int type, int cpu, ZoneWork& work,
                    const GiveOptions& options = {});

    // NR_FREE_PAGES changes by delta on a CPU: its remainder first (__mod_zone_page_state).
    void account(int cpu, std::int64_t delta);
    void account(int cpu, std::int64_t delta, ZoneWork& work);
    // Folds a CPU's remainder into the zone counter; true if there was one (refresh_cpu_vm_stats).
    bool fold(int cpu);
    bool has_remainder(int cpu) const { return remainder_[cpu] != 0; }
    int remainder(int cpu) const { return remainder_[cpu]; }
    void set_counter(std::int64_t pages) { free_counter_ = pages; }
    void set_remainder(int cpu, int pages) { remainder_[cpu] = static_cast<std::int16_t>(pages); }

    // zone_watermark_fast for a caller without reserves: `mark` excludes the boost.
    bool watermark_ok(int order, std::int64_t mark) const;
    // __zone_watermark_ok: `mark` includes the boost, if any, and the reserve for lower zones.
    bool watermark_ok(int order, std::int64_t mark, std::int64_t reserve, Reserves may) const;
    // Bit by order: a caller without reserves finds a block of at least that order.
    std::uint32_t orders_with_blocks() const;
    // Bit by order: watermark_ok. `with_blocks`: of orders_with_blocks.
    std::uint32_t orders_ok(std::int64_t mark, std::uint32_t with_blocks) const;
    // Where the release has the flag, the next attempt compares with the high watermark, and says
    // so if it does not hold (get_page_from_freelist, 6.7+).
    bool looks_at_high() const { return policy_.below_high_flag && !below_high_; }
    // A flush is over: the flag goes when the high watermark holds (free_unref_page_commit, 6.7+).
    bool leaves_below_high(std::int64_t reserve = 0) const {
        return below_high_ && watermark_ok(0, marks_.high + boost_, reserve, {});
    }
    // free counter and all CPUs' remainders: what should_reclaim_retry looks at.
    std::int64_t free_pages_snapshot() const;

    int pageblock_type(Pfn page) const { return block_type_[page >> policy_.pageblock_order]; }
    void set_pageblock_type(Pfn page, int type) {
        if (journal_ != nullptr) {
            journal_->steps.push_back({ZoneJournal::Kind::retyped,
                                       static_cast<std::uint8_t>(pageblock_type(page)), page, {}});
        }
        block_type_[page >> policy_.pageblock_order] = static_cast<std::uint8_t>(type);
    }
    std::span<PageFrame> frames() { return frames_; }
    std::span<const PageFrame> frames() const { return frames_; }
    const FreeArea& area(int order) const { return areas_[order]; }
    FreeList* list(int order, int type) { return &areas_[order].lists[type]; }
    const KernelPolicy& policy() const { return policy_; }
    const Watermarks& marks() const { return marks_; }
    void set_marks(const Watermarks& marks) { marks_ = marks; }
    std::uint32_t managed_pages() const { return managed_; }
    void set_managed_pages(std::uint32_t pages) { managed_ = pages; }
    std::int64_t free_counter() const { return free_counter_; }
    std::int64_t boost_pages() const { return boost_; }
    void set_boost(std::int64_t pages) { boost_ = pages; }
    void take_back_boost(std::int64_t pages) { boost_ -= pages < boost_ ? pages : boost_; }
    bool boost_watermark();
    bool reclaim_active() const { return reclaim_active_; }
    void set_reclaim_active(bool active) { reclaim_active_ = active; }
    bool below_high() const { return below_high_; }
    void set_below_high(bool below) { below_high_ = below; }
    bool boosted_flag() const { return boosted_flag_; }
    void set_boosted_flag(bool boosted) { boosted_flag_ = boosted; }
    bool clear_boosted_flag();
    // vmstat.c:calculate_normal_threshold and calculate_pressure_threshold, v5.15.
    int normal_threshold() const;
    int pressure_threshold() const;
    // What all CPUs' remainders may hide is more than what lies between low and minimum, so that
    // a refresh sets percpu_drift_mark (vmstat.c:refresh_zone_stat_thresholds).
    bool drifts_too_far() const;
    // `pressure`: kswapd is awake, which lowers the threshold of zones with a drift mark
    // (vmstat.c:set_pgdat_percpu_threshold). Where the mark is never reset, every zone has one since
    // its CPUs came online, before it had watermarks.
    void set_pressure_threshold(bool pressure);
    int stat_threshold() const { return stat_threshold_; }
    void set_stat_threshold(int pages) { stat_threshold_ = pages; }
    void mark_in_use(Pfn page, int order, int type) {
        pcpbench::mark_in_use(frames_[page], order, type);
    }

    // Isolation and reserves: a pageblock's type and its free blocks (set_migratetype_isolate,
    // reserve_highatomic_pageblock). Returns the free pages moved.
    std::uint32_t move_free_blocks(Pfn page, int type, int cpu, ZoneWork& work);
    int isolated_blocks() const { return isolated_blocks_; }
    void set_isolated_blocks(int blocks) { isolated_blocks_ = blocks; }
    // What a caller without reserves may not count as free.
    std::int64_t highatomic_pages() const;
    void set_reserved_highatomic(std::int64_t pages) { reserved_highatomic_ = pages; }
    // Keeps the pageblock of a page just taken; false where the limit or its type forbid.
    bool reserve_highatomic(Pfn page, int order, int cpu);
    // Gives the first reserved pageblock with free pages to `type`; without `force` the last one
    // is kept. True if that moved any.
    bool unreserve_highatomic(bool force, int type, int cpu);

    bool is_free_block(Pfn page, int order) const;
    // Whether all of the page's pageblock lies in the zone.
    bool spans_block(Pfn page) const {
        const Pfn size = Pfn{1} << policy_.pageblock_order;
        const Pfn start = page & ~(size - 1);
        return start >= start_ && start + size <= frames_.size();
    }
    void insert(Pfn page, int order, int type, bool to_tail);
    void remove(Pfn page, int order);
    // A free block leaves its list for the tail of another.
    void move_to_tail(Pfn page, int order, int type);

    // Empty if every invariant of the buddy lists holds, else what is wrong. O(pages).
    std::string check_buddy() const;

  private:
    std::int64_t most_highatomic_pages() const;
    bool fall_back(TakeRequest& request, ZoneWork& work);
    void steal(Pfn page, int order, int from, TakeRequest& request, ZoneWork& work);
    bool claim_pageblock(Pfn page, int to, ZoneWork& work);
    Pfn claim(TakeRequest& request, ZoneWork& work);
    Pfn try_to_claim(Pfn page, int order, int from, TakeRequest& request, ZoneWork& work);
    Pfn steal_smallest(TakeRequest& request, ZoneWork& work);
    int other_type(int order, int type) const;
    void count_block(Pfn page, Pfn& free_pages, Pfn& movable_pages, ZoneWork& work) const;
    void change_block_type(Pfn page, int type, ZoneWork& work);
    void boost_for(Pfn page, TakeRequest& request, ZoneWork& work);
    // Puts the upper parts of a block back; returns how many pages.
    std::uint32_t expand(Pfn page, int from_order, int order, int type, ZoneWork& work);
    void finish_take(Pfn page, int order, int type, ZoneWork& work);
    bool may_merge(int type, int buddy_type) const;
    bool merge_likely(Pfn page, int order) const;

    KernelPolicy policy_;
    Watermarks marks_;
    std::uint32_t managed_ = 0;
    Pfn start_ = 0;
    FrameArray frames_;
    std::vector<std::uint8_t> block_type_;
    std::array<FreeArea, kMaxOrders> areas_{};
    std::vector<std::int16_t> remainder_;
    std::int64_t free_counter_ = 0;
    std::int64_t boost_ = 0;
    std::int64_t reserved_highatomic_ = 0;
    int isolated_blocks_ = 0;
    int stat_threshold_ = 1;
    int cpus_;
    ZoneJournal* journal_ = nullptr;
    bool reclaim_active_ = false;
    bool boosted_flag_ = false;
    bool below_high_ = false;
};

}  // namespace pcpbench
