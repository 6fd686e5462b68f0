// score.hpp: how much of a recording the replay predicted, and what it was given besides the calls.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace pcpbench {

enum class Inputs : std::uint8_t { calls, order, facts };

struct Tally {
    std::uint64_t exact = 0;
    std::uint64_t total = 0;
    std::uint64_t excluded = 0;

    void count(bool hit) {
        ++total;
        exact += hit ? 1 : 0;
    }
};

struct Divergence {
    std::uint32_t line = 0;  // 0: none yet
    std::string event;
    std::string expected;   // as recorded
    std::string predicted;
};

struct Score {
    Tally alloc_pfn;
    Tally refill_size;
    Tally refill_pfn;
    Tally drain_size;
    Tally drain_pfn;
    Tally fallback;
    Tally final_pcp_pages;
    Tally final_free_pages;
    Tally final_counters;
    std::map<std::string, std::uint64_t> events;
    std::map<std::string, std::uint64_t> inputs_used;
    std::map<std::string, std::uint64_t> excluded_because;
    std::map<std::string, std::uint64_t> resync_causes;
    std::uint64_t resyncs = 0;
    Divergence first;
};

}  // namespace pcpbench
