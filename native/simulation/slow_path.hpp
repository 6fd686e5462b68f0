// slow_path.hpp: what an allocation does when its own list does not serve it: refill, then reclaim,
// drain and retry (kernel-allocator rules in docs/model.md; __alloc_pages_slowpath, v5.15).
#pragma once

#include "simulation/drains.hpp"
#include "simulation/reclaim.hpp"

namespace pcpbench {

// How far an allocation has come when its slow path begins: at its start; its first look, at the low
// watermark, failed; it has entered the slow path; its look at min failed, too.
enum class Since { start, first_look, entry, second_look };

class SlowPath {
  public:
    // `retries`: rounds without progress after which a call fails (MAX_RECLAIM_RETRIES).
    SlowPath(Machine& machine, Measurements& measurements, Memory& memory, Reclaim& reclaim,
             Drains& drains, int retries)
        : machine_(&machine), measurements_(&measurements), memory_(&memory), reclaim_(&reclaim),
          drains_(&drains), retries_(retries) {}

    // The rest of an allocation; kNoPage is a failed one.
    Task<Pfn> allocate(Thread& thread, int order, int type, Since since);
    // What entering the slow path costs, the failed first look included; counts the entry.
    Picoseconds enter(int cpu);

  private:
    Task<Pfn> sweep_low(Thread& thread, int order, int type);
    Task<Pfn> sweep_min(Thread& thread, int order, int type);
    Task<> wake_kswapds(Thread& thread);
    bool any_free_above_min() const;
    Task<Pfn> under_pressure(Thread& thread, int order, int type, bool looked);
    Task<Pfn> reclaim_and_drain(Thread& thread, int order, int type, int& progress);

    Machine* machine_;
    Measurements* measurements_;
    Memory* memory_;
    Reclaim* reclaim_;
    Drains* drains_;
    int retries_;
};

}  // namespace pcpbench
