// reclaim.hpp: takes pages back from the workloads, in clusters: by kswapd, or by who needs them.
#pragma once

#include <memory>
#include <vector>

#include "simulation/page_calls.hpp"
#include "simulation/stream.hpp"

namespace pcpbench {

class Reclaim {
  public:
    // `streams`: by CPU, null where none runs; those that offer no oldest page are left alone.
    Reclaim(Machine& machine, Measurements& measurements, PageCalls& calls,
            std::vector<std::unique_ptr<Stream>>& streams, int kswapd_cpu, int cluster_pages);

    // Reclaims one cluster of pages (SWAP_CLUSTER_MAX), which go through this CPU's own pcp
    // list. Returns the pages freed, 0 when no workload has any left.
    Task<int> direct(Thread& thread);
    // kswapd sleeps though the zone is below its high watermark, or boosted.
    bool kswapd_is_needed() const { return calls_->view().kswapd_needed; }
    // Wakes kswapd if it is needed.
    Task<> wake_kswapd(Thread& thread);
    // Whether reclaim could still take a page: should_reclaim_retry counts those as free.
    bool anything_left() const;

  private:
    Task<int> cluster(Thread& thread);
    Task<> kswapd_loop();
    Task<> balance();
    bool balanced() const;

    Machine* machine_;
    Measurements* measurements_;
    PageCalls* calls_;
    std::vector<std::unique_ptr<Stream>>* streams_;
    std::size_t next_stream_ = 0;
    std::size_t cluster_pages_;
    Thread kswapd_;
};

}  // namespace pcpbench
