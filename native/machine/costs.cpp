#include "machine/costs.hpp"

#include <algorithm>

namespace pcpbench {

Picoseconds WakeLatency::draw(std::uint32_t u, Picoseconds least) const {
    constexpr std::array<std::int64_t, 6> kQuantiles{0, 5000, 9000, 9900, 9990, 10000};
    const std::int64_t q = (static_cast<std::int64_t>(u) * 10000) >> 16;  // in 2^-16 of 1/10000
    std::size_t i = 0;
    while (i + 2 < kQuantiles.size() && q >= kQuantiles[i + 1] << 16) ++i;
    const Picoseconds low = i == 0 ? std::min(least, at[0]) : at[i - 1];
    const std::int64_t span = (kQuantiles[i + 1] - kQuantiles[i]) << 16;
    const std::int64_t into = q - (kQuantiles[i] << 16);
    // Nanoseconds keep the product within 63 bits.
    return low + (at[i] - low) / 1000 * into / span * 1000;
}

}  // namespace pcpbench
