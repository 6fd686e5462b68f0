// line_transfer.hpp: how long a modified cache line takes from one CPU to another.
#pragma once

#include <cstdint>

namespace pcpbench::calibrate {

// ns one way: two threads hand a line to and fro with compare-and-exchange, as the published tables
// of core-to-core latencies do; half of a round trip.
double line_transfer_ns(int cpu, int other_cpu, std::uint64_t round_trips);

}  // namespace pcpbench::calibrate
