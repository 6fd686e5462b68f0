// costs.hpp: what each elementary step of the machine costs, in picoseconds, from a hardware profile.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pcpbench {

using Picoseconds = std::int64_t;
inline constexpr Picoseconds kNever = INT64_MAX;
inline constexpr Picoseconds kMicrosecond = 1'000'000;
inline constexpr Picoseconds kMillisecond = 1'000'000'000;
inline constexpr Picoseconds kSecond = 1'000'000'000'000;

// Meanings are in docs/hardware.md; the list is the contract with the profile files.
#define PCPBENCH_COSTS(X)                                                                      \
    X(l2_load) X(dependent_load) X(dram_local) X(dram_remote) X(dram_stream)                   \
    X(line_transfer_smt) X(line_transfer_cluster) X(line_transfer_socket)                      \
    X(line_transfer_remote) X(atomic_rmw) X(spin_lock_pair) X(irq_save_restore)                \
    X(preempt_pair) X(static_branch) X(alloc_path) X(free_path) X(tail_page)                   \
    X(slow_path_entry) X(refill_base) X(refill_page) X(flush_base) X(flush_page)               \
    X(split_level) X(merge_level) X(reclaim_base) X(reclaim_page) X(ipi_send) X(ipi_flight)    \
    X(irq_entry_exit) X(ipi_handler) X(ipi_ack) X(work_queue) X(work_flush)                    \
    X(kworker_wake_idle) X(context_switch_in) X(context_switch_back) X(task_wake)              \
    X(rcu_expedited_base) X(rcu_expedited_cpu) X(rcu_handler) X(tick_handler)                  \
    X(vmstat_update)

struct Costs {
#define PCPBENCH_FIELD(name) Picoseconds name = 0;
    PCPBENCH_COSTS(PCPBENCH_FIELD)
#undef PCPBENCH_FIELD

    // Sets a cost by its key; false if there is no such key.
    bool set(std::string_view key, Picoseconds ps) {
#define PCPBENCH_SET(name) \
    if (key == #name) {    \
        name = ps;         \
        return true;       \
    }
        PCPBENCH_COSTS(PCPBENCH_SET)
#undef PCPBENCH_SET
        return false;
    }
};

// Wake-up latency of a kworker behind a busy task of the fair class: p50, p90, p99, p99.9, max.
struct WakeLatency {
    std::array<Picoseconds, 5> at{};
    // Latency at the quantile u / 2^32, linear between the published points from `least` on.
    Picoseconds draw(std::uint32_t u, Picoseconds least) const;
};

}  // namespace pcpbench
