// pcp_lists.hpp: the free pages one CPU keeps for itself in one zone. No time, no locks.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "allocator/zone.hpp"

namespace pcpbench {

// One set of lists. A strategy that swaps lists gives each CPU two of them.
struct ListSet {
    std::uint32_t count = 0;  // base pages on all lists
    std::array<FreeList, kMaxPcpLists> lists;

    // Millions of calls a second go through these two. Takes the head of a list that is not empty.
    Pfn pop(std::span<PageFrame> frames, const KernelPolicy& policy, int order, int type) {
        const Pfn page = lists[policy.list_index(order, type)].pop_head(frames);
        count -= 1U << order;
        mark_in_use(frames[page], order, type);
        return page;
    }
    // Puts a block on the head of the list of its pageblock's type.
    void push(std::span<PageFrame> frames, const KernelPolicy& policy, Pfn page, int order,
              int type) {
        PageFrame& frame = frames[page];
        frame.state = PageState::pcp;
        frame.order = static_cast<std::uint8_t>(order);
        frame.list_type = static_cast<std::uint8_t>(type);
        lists[policy.list_index(order, pcp_type(type))].push_head(frames, page);
        count += 1U << order;
    }
};

// The tuning fields of struct per_cpu_pages; a release uses those of its rules.
struct PcpTuning {
    int high = 0;
    int batch = 1;
    int high_min = 0;
    int high_max = 0;
    int alloc_factor = 0;
    int free_count = 0;
    int free_factor = 0;
    bool previous_free_high_order = false;  // PCPF_PREV_FREE_HIGH_ORDER
    bool free_high_batch = false;           // PCPF_FREE_HIGH_BATCH

    bool operator==(const PcpTuning&) const = default;
};

// Where a flush stands in the lists it takes from (free_pcppages_bulk).
struct FlushCursor {
    std::int64_t left = 0;    // pages
    std::int64_t weight = 0;  // weighted order: blocks still to take from this list
    int index = 0;
    bool next_list = true;    // weighted order: the list is done
};

class PcpLists {
  public:
    PcpLists(Zone& zone, int cpu, int high, int batch)
        : zone_(&zone), cpu_(cpu) {
        tuning_.high = tuning_.high_min = tuning_.high_max = high;
        tuning_.batch = batch;
    }
    PcpLists(Zone& zone, int cpu, const PcpTuning& tuning)
        : zone_(&zone), cpu_(cpu), tuning_(tuning) {}

    std::uint32_t count() const { return sets_[live_].count; }
    std::uint32_t count(int set) const { return sets_[set].count; }
    int live_set() const { return live_; }
    int cpu() const { return cpu_; }
    const ListSet& lists(int set) const { return sets_[set]; }
    ListSet& live_lists() { return sets_[live_]; }
    FreeList* list(int index) { return &sets_[live_].lists[static_cast<std::size_t>(index)]; }
    const PcpTuning& tuning() const { return tuning_; }
    void set_tuning(const PcpTuning& tuning) { tuning_ = tuning; }

    // Grows with every change but pops and pushes by the CPU's own local operations.
    std::uint64_t version() const { return version_; }
    void touch() { ++version_; }
    // Blocks of each live list, and how many more pages frees may add before one flushes, whatever
    // is allocated between them.
    void count_blocks(std::span<std::int32_t> blocks) const;
    std::int64_t headroom_pages() const { return least_threshold() - 1 - std::int64_t{count()}; }
    // How many pages may be freed before a free of a higher order might flush the whole list at
    // once: negative if the next one might.
    std::int64_t frees_before_free_high() const;
    // The list that a page stands on.
    int list_of(Pfn page) const {
        const PageFrame& frame = zone_->frames()[page];
        return zone_->policy().list_index(frame.order, pcp_type(frame.list_type));
    }

    // An allocation enters the lists: the flush size relaxes (free_factor or free_count halves).
    void note_allocation() {
        tuning_.free_factor >>= 1;
        tuning_.free_count >>= 1;
    }
    bool empty(int set, int order, int type) const {
        return sets_[set].lists[zone_->policy().list_index(order, type)].empty();
    }
    // Takes the head of a non-empty list.
    Pfn pop(int set, int order, int type) {
        return sets_[set].pop(zone_->frames(), zone_->policy(), order, type);
    }
    // Blocks that a refill asks for (nr_pcp_alloc; tunes `high` and alloc_factor where it does).
    int refill_blocks(int order);
    // Moves up to so many blocks from the zone to the tail of a list (rmqueue_bulk). Returns how
    // many it got.
    int refill(int set, TakeRequest request, int blocks, ZoneWork& work);
    void refill(int set, int order, int type, ZoneWork& work) {
        refill(set, {.cpu = cpu_, .order = order, .type = type}, refill_blocks(order), work);
    }
    // Puts a block on the head of its pageblock type's list; returns how many pages must now be
    // flushed, 0 for none (free_unref_page_commit). `type` < 0: of the pageblock.
    std::uint32_t push(int set, Pfn page, int order, int type = -1) {
        place(set, page, order, type);
        return commit(set, order);
    }
    // The two halves of push: the list, and the tuning that decides on a flush.
    void place(int set, Pfn page, int order, int type = -1) {
        if (type < 0) type = zone_->pageblock_type(page);
        sets_[set].push(zone_->frames(), zone_->policy(), page, order, type);
    }
    std::uint32_t commit(int set, int order);
    // A commit that flushes nothing changes nothing.
    bool commits_plainly() const {
        const KernelPolicy& policy = zone_->policy();
        return policy.free_scaling != FreeScaling::free_count;
    }
    // Takes `pages` from the lists in the order the kernel frees them (free_pcppages_bulk);
    // `first`: list that was freed to, for the releases that begin there.
    void collect(int set, std::uint32_t pages, std::vector<Pfn>& out, int first = 0);
    // The same, block by block. kNoPage at the end.
    FlushCursor begin_flush(std::uint32_t pages, int first = 0) const;
    Pfn flush_next(int set, FlushCursor& cursor);
    // How many of `pages` go in one hold of the list that may free so many batches; 0: all.
    std::uint32_t chunk_pages(std::uint32_t pages, int batches) const {
        return batches > 0 ? std::min(pages, static_cast<std::uint32_t>(batches * tuning_.batch))
                           : pages;
    }
    // decay_pcp_high (6.7+): lowers `high`; returns how many pages are now too many.
    std::uint32_t decay();
    // Puts a page on the tail of a list: for a snapshot to fill.
    void append(int index, Pfn page, int order, int type);
    // For a replay that corrects itself: to the head of a list, and off it wherever it stands.
    void prepend(int index, Pfn page, int order, int type);
    void withdraw(int index, Pfn page);
    // Exchanges live and spare set; the spare must be empty.
    void swap() {
        live_ ^= 1;
        touch();
    }

    std::string check() const;

  private:
    std::uint32_t flush_pages(std::int64_t threshold, bool free_high, std::uint32_t count);
    std::uint32_t commit_auto(std::uint32_t count, int order);
    int tuned_high(bool free_high, std::uint32_t count);
    int free_high_frees() const;
    std::int64_t least_threshold() const;
    bool choose_weighted(const ListSet& lists, FlushCursor& cursor) const;
    // nr_pcp_high, v5.15: lower while kswapd works, so that freed pages reach the zone.
    int flush_threshold() const {
        if (tuning_.high == 0) return 0;
        const int batches = zone_->policy().reclaim_active_batches;
        return batches > 0 && zone_->reclaim_active()
                   ? std::min(batches * tuning_.batch, tuning_.high)
                   : tuning_.high;
    }

    Zone* zone_;
    int cpu_;
    PcpTuning tuning_;
    int live_ = 0;
    std::uint64_t version_ = 1;
    std::array<ListSet, 2> sets_;
};

// The type a block drained from a pcp list is freed to: remembered, or its pageblock's.
int drained_type(const Zone& zone, Pfn page);

// Frees collected blocks into the zone's lists of their types.
void free_collected(Zone& zone, int cpu, const std::vector<Pfn>& pages, ZoneWork& work,
                    CaptureSlot* capture = nullptr);

}  // namespace pcpbench
