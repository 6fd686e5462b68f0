// pcp_lists.hpp: the free pages one CPU keeps for itself in one zone. No time, no locks.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "allocator/zone.hpp"

namespace pcpbench {

// One set of lists. A strategy that swaps lists gives each CPU two of them.
struct ListSet {
    std::uint32_t count = 0;  // base pages on all lists
    std::array<FreeList, kMaxPcpLists> lists;
};

class PcpLists {
  public:
    PcpLists(Zone& zone, int cpu, int high, int batch)
        : zone_(&zone), cpu_(cpu), high_(high), batch_(batch) {}

    std::uint32_t count() const { return sets_[live_].count; }
    std::uint32_t count(int set) const { return sets_[set].count; }
    int live_set() const { return live_; }
    int cpu() const { return cpu_; }

    // Grows with every change but pops and pushes by the CPU's own local operations.
    std::uint64_t version() const { return version_; }
    void touch() { ++version_; }
    // Blocks of each live list, and how many more pages a free may add before one flushes.
    void count_blocks(std::array<std::int32_t, kMaxPcpLists>& blocks) const;
    std::int64_t headroom_pages() const { return flush_threshold() - 1 - std::int64_t{count()}; }

    // An allocation enters the lists: the flush size relaxes (free_factor >>= 1).
    void note_allocation() { free_factor_ >>= 1; }
    bool empty(int set, int order, int type) const {
        return sets_[set].lists[zone_->policy().list_index(order, type)].empty();
    }
    // Takes the head of a non-empty list.
    Pfn pop(int set, int order, int type);
    // Moves up to one refill of blocks from the zone to the tail of a list (rmqueue_bulk).
    void refill(int set, int order, int type, ZoneWork& work);
    // Puts a block on the head of its pageblock type's list; returns how many pages must now be
    // flushed, 0 for none (free_unref_page_commit).
    std::uint32_t push(int set, Pfn page, int order);
    // Takes `pages` from the lists in the order the kernel frees them (free_pcppages_bulk).
    void collect(int set, std::uint32_t pages, std::vector<Pfn>& out);
    // Exchanges live and spare set; the spare must be empty.
    void swap() {
        live_ ^= 1;
        touch();
    }

    std::string check() const;

  private:
    std::uint32_t flush_pages(int threshold);
    // nr_pcp_high, v5.15: lower while kswapd works, so that freed pages reach the zone.
    int flush_threshold() const {
        if (high_ == 0) return 0;
        return zone_->reclaim_active() ? std::min(4 * batch_, high_) : high_;
    }

    Zone* zone_;
    int cpu_;
    int high_;
    int batch_;
    int free_factor_ = 0;
    int live_ = 0;
    std::uint64_t version_ = 1;
    std::array<ListSet, 2> sets_;
};

// Frees collected blocks into the zone's lists of their remembered types.
void free_collected(Zone& zone, int cpu, const std::vector<Pfn>& pages, ZoneWork& work);

}  // namespace pcpbench
