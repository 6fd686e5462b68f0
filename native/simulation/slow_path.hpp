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
    // The same from its first retry on, for a caller that has entered the slow path.
    Task<Pfn> retry(Thread& thread, int order, int type);
    // What entering the slow path costs, the failed first look included; counts the entry.
    Picoseconds enter(int cpu);

  private:
    Task<Pfn> under_pressure(Thread& thread, int order, int type);
    Task<Pfn> finish(Thread& thread, Pfn page);
    Task<Pfn> reclaim_and_drain(Thread& thread, int order, int type, int& progress);

    Machine* machine_;
    Measurements* measurements_;
    PageCalls* calls_;
    Reclaim* reclaim_;
    Drains* drains_;
};

}  // namespace pcpbench
