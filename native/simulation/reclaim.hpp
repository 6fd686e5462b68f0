// reclaim.hpp: takes pages back from the workloads, in clusters: by kswapd, or by who needs them.
#pragma once

#include <memory>
#include <vector>

#include "simulation/memory.hpp"
#include "simulation/stream.hpp"

namespace pcpbench {

class Reclaim {
  public:
    // `streams`: by CPU, null where none runs; those that offer no oldest page are left alone. Each
    // node's kswapd runs on its first CPU that is not isolated, or else on `housekeeping`.
    Reclaim(Machine& machine, Measurements& measurements, Memory& memory,
            std::vector<std::unique_ptr<Stream>>& streams, int housekeeping, int cluster_pages);

    // Reclaims one cluster of pages (SWAP_CLUSTER_MAX), which go through this CPU's own pcp
    // list. Returns the pages freed, 0 when no workload has any left.
    Task<int> direct(Thread& thread);
    // Wakes the node's kswapd if it sleeps though the zone is below its high watermark, or boosted.
    Task<> wake_kswapd(Thread& thread, int node);
    // Whether reclaim could still take a page: should_reclaim_retry counts those as free.
    bool anything_left() const;

  private:
    // kswapd of a node, and whose pages it reclaims: those of the streams on the node's CPUs.
    struct Node {
        PageCalls* calls = nullptr;
        std::vector<int> cpus;
        std::size_t next = 0;  // of the CPUs, whose stream gives the next cluster
        Thread kswapd;
    };
    Task<int> cluster(Thread& thread, Node& node);
    std::vector<Pfn> oldest_pages(Node& node);
    Task<> kswapd_loop(Node& node);
    Task<> balance(Node& node);

    Machine* machine_;
    Measurements* measurements_;
    Memory* memory_;
    std::vector<std::unique_ptr<Stream>>* streams_;
    std::size_t cluster_pages_;
    std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace pcpbench
