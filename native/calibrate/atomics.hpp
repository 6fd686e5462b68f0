// atomics.hpp: what the CPU does by itself: its cycle, atomic operations on a line that it owns.
#pragma once

#include <cstdint>

namespace pcpbench::calibrate {

// The cycle, as the time of one of many additions that wait for each other.
double cycle_ns(int cpu, std::uint64_t additions);

double atomic_rmw_ns(int cpu, std::uint64_t repetitions);
// Taking and releasing a free lock as a queued spinlock does: a compare-and-exchange, a store.
double spin_lock_pair_ns(int cpu, std::uint64_t repetitions);

}  // namespace pcpbench::calibrate
