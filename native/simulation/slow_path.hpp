// slow_path.hpp: what an allocation does when its own list does not serve it: refill, then reclaim,
// drain and retry (kernel-allocator rules in docs/model.md; __alloc_pages_slowpath, v5.15).
#pragma once

#include "simulation/drains.hpp"
#include "simulation/reclaim.hpp"

namespace pcpbench {

class SlowPath {
  public:
    SlowPath(Machine& machine, Measurements& measurements, PageCalls& calls, Reclaim& reclaim,
             Drains& drains)
        : machine_(&machine), measurements_(&measurements), calls_(&calls), reclaim_(&reclaim),
          drains_(&drains) {}

    // A whole allocation from its first attempt on; kNoPage is a failed allocation.
    Task<Pfn> allocate(Thread& thread, int order, int type);

  private:
    Task<Pfn> under_pressure(Thread& thread, int order, int type);
    Task<Pfn> reclaim_and_drain(Thread& thread, int order, int type, int& progress);

    Machine* machine_;
    Measurements* measurements_;
    PageCalls* calls_;
    Reclaim* reclaim_;
    Drains* drains_;
};

}  // namespace pcpbench
