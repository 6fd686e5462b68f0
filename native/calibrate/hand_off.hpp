// hand_off.hpp: how long one sleeping thread takes to hand on to another.
#pragma once

#include <cstdint>

namespace pcpbench::calibrate {

// ns from the call that wakes the partner until the partner runs: half of a round trip between two
// threads that sleep in futexes. On one CPU it is a context switch and two system calls.
double hand_off_ns(int cpu, int other_cpu, std::uint64_t round_trips);

}  // namespace pcpbench::calibrate
