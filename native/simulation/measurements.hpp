// measurements.hpp: everything a cell counts and times, as raw numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/histogram.hpp"

namespace pcpbench {

// Meanings are in docs/metrics.md; names are those the Python side reads.
#define PCPBENCH_COUNTERS(X)                                                                   \
    X(alloc_calls) X(free_calls) X(alloc_pages) X(free_pages) X(alloc_failures) X(free_noops)  \
    X(fast_allocs) X(fast_alloc_ps) X(drain_asked) X(drain_joined) X(drain_skipped)            \
    X(drain_completed) X(drain_unfinished) X(drain_pages) X(drain_ipis)                        \
    X(drain_context_switches) X(drain_grace_periods) X(refills) X(flushes)                     \
    X(slow_path_entries) X(reclaim_retries) X(reclaim_direct_pages) X(kswapd_pages)            \
    X(parked_pages_sum) X(parked_samples) X(parked_pages_max) X(limbo_pages_max)               \
    X(trylock_failures)

struct Counters {
#define PCPBENCH_FIELD(name) std::int64_t name = 0;
    PCPBENCH_COUNTERS(PCPBENCH_FIELD)
#undef PCPBENCH_FIELD
};

// What a cell did in one millisecond.
struct Pace {
    std::int64_t pages = 0;     // allocated and freed
    std::int64_t calls = 0;     // allocations that were timed
    std::int64_t alloc_ps = 0;  // their latencies
};

struct Measurements {
    Counters counters;
    Histogram alloc_latency;
    Histogram free_latency;
    Histogram drain_latency;
    Histogram drain_censored;
    Histogram zone_lock_wait;
    Histogram zone_lock_hold;
    // Work done under it, without taking the lock: of each refill, and of each hold that frees pages.
    Histogram zone_lock_refill;
    Histogram zone_lock_flush;
    // By CPU; filled for isolated ones only.
    std::vector<Histogram> cpu_alloc_latency;
    std::vector<std::int64_t> refills_after_drain;

    Pace so_far() const {
        return {counters.alloc_pages + counters.free_pages,
                static_cast<std::int64_t>(alloc_latency.count()), alloc_latency.sum_ps()};
    }
    void end_epoch() {
        alloc_latency.end_epoch();
        free_latency.end_epoch();
        drain_latency.end_epoch();
        drain_censored.end_epoch();
        zone_lock_wait.end_epoch();
        zone_lock_hold.end_epoch();
        zone_lock_refill.end_epoch();
        zone_lock_flush.end_epoch();
        for (Histogram& histogram : cpu_alloc_latency) histogram.end_epoch();
    }
};

}  // namespace pcpbench
