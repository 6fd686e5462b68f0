// random.hpp: counter-based random numbers: a hash of (seed, stream, CPU, number), no state.
#pragma once

#include <cstdint>

namespace pcpbench {

inline constexpr std::uint64_t kWakeStream = 1;
inline constexpr std::uint64_t kPhaseStream = 2;
inline constexpr std::uint64_t kWorkloadStream = 3;
inline constexpr std::uint64_t kFifoStream = 4;

// The finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014).
inline std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

inline std::uint64_t stream_key(std::uint64_t seed, std::uint64_t stream, int cpu) {
    return mix64(mix64(seed * 0x9e3779b97f4a7c15ULL + stream) + static_cast<std::uint64_t>(cpu));
}

inline std::uint64_t keyed_random(std::uint64_t key, std::uint64_t number) {
    return mix64(key + (number + 1) * 0x9e3779b97f4a7c15ULL);
}

inline std::uint64_t hash_random(std::uint64_t seed, std::uint64_t stream, int cpu,
                                 std::uint64_t number) {
    return keyed_random(stream_key(seed, stream, cpu), number);
}

}  // namespace pcpbench
