// page_calls.hpp: allocations and frees in time: the fast path at once, refills and flushes as tasks.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "allocator/pcp_lists.hpp"
#include "machine/machine.hpp"
#include "machine/spin_lock.hpp"
#include "simulation/frame_lines.hpp"
#include "simulation/list_access.hpp"
#include "simulation/measurements.hpp"

namespace pcpbench {

// Where every page of a block that leaves the buddy lists is looked at.
enum class PageChecks : std::uint8_t { nowhere, under_lock, refills_under_lock };

struct MemoryConfig {
    KernelPolicy policy;
    Watermarks marks;
    std::uint32_t managed_pages = 0;  // of each node's zone
    int nodes = 1;
    PcpTuning pcp;              // of every CPU's lists at boot
    PageChecks page_checks = PageChecks::under_lock;
    int lru_entries = 15;       // of a CPU's batch of pages on their way to the LRU lists
    int reclaim_cluster = 32;   // SWAP_CLUSTER_MAX
    int reclaim_retries = 16;   // MAX_RECLAIM_RETRIES
    bool numa_events = false;   // what vmstat looks at beside the zone's counters (need_update):
                                // events of allocation (5.10), or the node's counters
};

class PageCalls {
  public:
    // What local operations see of the zone. It changes only when all CPUs have caught up.
    struct View {
        std::uint32_t low_orders = 0;  // bit by order: the low watermark holds
        std::uint32_t min_orders = 0;  // the min watermark holds
        // An attempt would find the zone below its high watermark and tell the others so.
        std::uint32_t telling_orders = 0;
        bool below_high = false;       // somebody has told
        bool kswapd_needed = false;    // it sleeps though the zone is below high, or boosted
        bool operator==(const View&) const = default;
    };

    // Where the zone lies: its first page in the numbers of the machine, its node and a CPU of it.
    struct Home {
        Pfn first_page;
        int node;
        int first_cpu;
    };

    // `lru`: by CPU, entries of its batch, which pages of all zones share.
    PageCalls(Machine& machine, Measurements& measurements, const MemoryConfig& config,
              const StrategyRules& rules, std::vector<int>& lru, const Home& home);
    Pfn first_page() const { return home_.first_page; }
    int node() const { return home_.node; }

    // The fast path, once the watermark holds. Takes effect now and returns how long it takes, or
    // -1 if the call needs more than its own list (then nothing happened).
    Picoseconds try_allocate(int cpu, int order, int type, Pfn& page);
    // What it costs to see that the zone is below a watermark.
    Picoseconds look_in_vain(int cpu);
    // Nobody else is in the CPU's lists, as far as the strategy keeps anybody out.
    bool entry_free(int cpu) {
        const bool locked = rules_.alloc.lock != ListLock::none || rules_.free.lock != ListLock::none;
        return !locked || list_lock(cpu).available();
    }
    // Calls go to the CPUs' own lists, not straight to the zone.
    bool lists_in_use() const { return rules_.uses_lists && !lists_off_; }
    // zone_pcp_disable: while the lists are off a call takes one block from the zone or gives one
    // back, which is what a high of 0 and a batch of 1 amount to (mm/page_alloc.c, v5.15).
    void set_lists_off(bool off) {
        machine_->disturb_all();
        lists_off_ = off;
    }
    const View& view() const { return view_; }
    // To call whenever the zone's free pages, lists or boost have changed.
    void refresh_view() {
        const View now = view_of_zone();
        if (now == view_) return;
        machine_->disturb_all();
        view_ = now;
    }
    // What an attempt does before it compares with its own watermark.
    void look_at_high(int order) {
        if ((view_.telling_orders >> order & 1) != 0) set_below_high(true);
    }
    void set_below_high(bool below) {
        machine_->disturb_all();  // the lists of all CPUs tune themselves by it
        zone_.set_below_high(below);
        refresh_view();
    }
    void set_kswapd_asleep(bool asleep) {
        kswapd_asleep_ = asleep;
        refresh_view();
    }
    bool kswapd_asleep() const { return kswapd_asleep_; }
    // kswapd is at work: thresholds are lower, lists flush earlier.
    void set_reclaim_active(bool active);
    // Gives back the boost that kswapd has reclaimed for.
    void take_back_boost(std::int64_t pages) {
        zone_.take_back_boost(pages);
        refresh_view();
    }
    // A free's own part: pushes the block. `flush` says how many pages must go to the zone, in
    // a task. -1 if the call needs more than its own list.
    Picoseconds try_free(int cpu, Pfn page, std::uint32_t& flush);

    // A call goes to the list of its order, not straight to the zone.
    bool on_lists(int order) const { return lists_in_use() && zone_.policy().on_pcp(order); }
    SpinLock& zone_lock() { return zone_lock_; }
    // Under the zone lock, at once: takes one block (kNoPage without one) or gives one back.
    // Returns how long the work takes. `behind`: what the call does when the lock is free again, or
    // on the way to it, of which the sum is the same.
    Picoseconds take_block(int cpu, int order, int type, Pfn& page, Picoseconds& behind);
    Picoseconds give_block(int cpu, Pfn page, int order, Picoseconds& behind);
    // What is counted of such a call: its look at the watermark, the block it got, that it gives.
    void note_look(int cpu) { ++counter_line_[static_cast<std::size_t>(cpu)].reads; }
    void note_taken(int cpu, int order, int type) { count_mapped(cpu, order, type, 1); }
    void note_free(int cpu, Pfn page) {
        const PageFrame& frame = zone_.frames()[page];
        count_mapped(cpu, frame.order, frame.used_as, -1);
    }

    // The page's frame is needed soon: fetches it into the cache of the host.
    void expect(Pfn page) const { __builtin_prefetch(&zone_.frames()[page]); }

    // One attempt at a watermark (get_page_from_freelist); kNoPage if it fails.
    Task<Pfn> attempt(Thread& thread, int order, int type, std::int64_t mark);
    Task<> free_one(Thread& thread, Pfn page);
    // Frees order-0 pages in one section (free_unref_page_list). The caller keeps the vector.
    Task<> free_batch(Thread& thread, const std::vector<Pfn>& pages);
    // The rest of a try_free that must flush; the caller's section began at its push.
    Task<> finish_flush(Thread& thread, Picoseconds before, Pfn page, std::uint32_t pages);

    // Empties the lists of `owner` (by default the thread's CPU) from here, interrupts off, under the
    // list lock if there is one. Returns the pages freed.
    Task<std::uint32_t> empty_all(Thread& thread, int owner);
    Task<std::uint32_t> empty_own(Thread& thread) { return empty_all(thread, thread.cpu); }
    // decay_pcp_high on the thread's CPU: true if anything changed, or will at the next time.
    Task<bool> decay(Thread& thread);
    // Frees everything on a CPU's lists at this instant, which no kernel can do.
    std::uint32_t empty_at_no_cost(int owner);
    // Notes from now on when pages leave lists, which costs time but changes no result.
    void watch() { left_at_.assign(zone_.frames().size(), 0); }
    bool watched() const { return !left_at_.empty(); }
    // The pages on lists now, and how many of such pages never left one since.
    struct Listed {
        std::vector<Pfn> pages;
        std::uint64_t leaves = 0;
    };
    Listed listed();
    std::int64_t never_left(const Listed& then);
    // Frees up to `pages` of a list set into the zone in one hold; `first`: list that was freed to.
    // Returns the pages freed.
    Task<std::uint32_t> empty_set(Thread& thread, int owner, int set, std::uint32_t pages,
                                  Cause cause, int first = 0);
    // A page taken without time, before the simulation starts; kNoPage below `keep_free`.
    Pfn prefill(int cpu, int order, int type, std::int64_t keep_free);

    const Zone& zone() const { return zone_; }
    // A CPU's lists at the present moment, for whatever may change them.
    PcpLists& lists(int cpu) {
        machine_->disturb(cpu);
        return own_lists(cpu);
    }
    PcpLists& own_lists(int cpu) { return lists_[static_cast<std::size_t>(cpu)]; }
    std::uint32_t listed_pages(int cpu) {
        machine_->settle(cpu);
        return own_lists(cpu).count();
    }
    std::span<const PcpLists> all_lists() const { return lists_; }
    SpinLock& list_lock(int cpu) { return *list_locks_[static_cast<std::size_t>(cpu)]; }
    const StrategyRules& rules() const { return rules_; }
    // Moves the line of a CPU's list header to another CPU; returns what the transfer costs.
    Picoseconds take_header(int owner, int to);
    void note_drained(int owner, std::uint32_t pages);
    // The node's count of mapped pages has a remainder on this CPU that vmstat must fold.
    bool has_remainder(int cpu) {
        machine_->settle(cpu);
        return zone_.has_remainder(cpu) || mapped_[cpu] != 0;
    }
    bool fold(int cpu);
    // Entries in the CPU's LRU batch; a fault adds one, and a full batch empties itself.
    int lru_entries(int cpu) {
        machine_->settle(cpu);
        return lru_[static_cast<std::size_t>(cpu)];
    }
    void empty_lru(int cpu) {
        machine_->settle(cpu);
        lru_[static_cast<std::size_t>(cpu)] = 0;
    }
    // The free counter's line is read by all and written by some: from the writes and reads of
    // the epoch that ends, what a read costs each CPU, as an expectation, in the next one.
    void end_epoch();
    bool boosted() { return zone_.clear_boosted_flag(); }
    // Debug builds: throws std::logic_error at the first broken invariant.
    void check() const;

  private:
    friend class LocalRun;  // the same calls, many at a time

    struct Line {
        std::uint32_t reads = 0;
        std::uint32_t writes = 0;
        Picoseconds read_ps = 0;
    };
    Task<bool> enter(Thread& thread, const ListAccess& access);
    void leave(Thread& thread, const ListAccess& access);
    Task<bool> flush(Thread& thread, const ListAccess& access, int& set, std::uint32_t pages,
                     int first);
    Task<std::uint32_t> empty_part(Thread& thread, int owner, std::uint32_t pages, Cause cause);
    Task<Pfn> from_list(Thread& thread, int order, int type);
    Task<Pfn> from_buddy(Thread& thread, int order, int type);
    Task<> to_buddy(Thread& thread, Pfn page, int order);
    Pfn take_from_zone(int cpu, int order, int type, ZoneWork& work);
    // A block leaves a list; or it is to be freed: its tail pages' flags are reset.
    Picoseconds touch_listed(int cpu, Pfn page) { return lines_.touch(cpu, page); }
    // free_pages_prepare passes over all pages of a block to reset their flags (v5.15 to v7.2). Where
    // their lines are makes no difference: see docs/model.md.
    Picoseconds touch_freed(int cpu, Pfn page, int order) {
        const Picoseconds first = lines_.touch_freed(cpu, page, order);
        return order == 0 ? first : first + lines_.pass(cpu, order, false);
    }
    // New pages: their first frames' lines, or those of all if `checked`.
    Picoseconds touch_new(int cpu, std::span<const Pfn> heads, int order, bool checked);
    // What was looked at for merging.
    Picoseconds touch_buddies(int cpu, const ZoneWork& work);
    void begin_local_section(int cpu, const ListAccess& access, Picoseconds end);
    void leave_list(Pfn page) {
        if (!left_at_.empty()) left_at_[page] = ++leaves_;
    }
    void count_mapped(int cpu, int order, int type, int sign);
    Picoseconds refill_ps(const ZoneWork& work) const;
    Picoseconds flush_ps(const ZoneWork& work) const;
    static constexpr int kTakingLines = 3;
    static constexpr int kGivingLines = 2;
    Picoseconds zone_lines(int cpu, int lines);
    View view_of_zone() const;
    void before_taking(int order, int type, int blocks);

    Machine* machine_;
    Measurements* measurements_;
    StrategyRules rules_;
    std::vector<int>& lru_;
    Home home_;
    Zone zone_;
    FrameLines lines_;
    std::vector<Pfn> looked_at_;  // scratch of one step
    PageChecks page_checks_;
    std::vector<PcpLists> lists_;
    SpinLock zone_lock_;
    std::vector<std::unique_ptr<SpinLock>> list_locks_;
    std::vector<int> header_owner_;
    std::vector<bool> drained_;
    std::vector<int> mapped_;
    int most_lru_;
    bool numa_events_;
    std::vector<Line> counter_line_;
    int zone_user_ = 0;  // CPU that last worked under the zone lock
    bool lists_off_ = false;
    bool kswapd_asleep_ = true;
    View view_;
    std::vector<std::uint64_t> left_at_;  // by page: number of its last leave of a list
    std::uint64_t leaves_ = 0;
    Picoseconds alloc_ps_;
    Picoseconds free_ps_;
};

}  // namespace pcpbench
