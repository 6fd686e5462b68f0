#include "bindings/read_config.hpp"

#include "bindings/read_policy.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <stdexcept>
#include <string>

namespace nb = nanobind;

namespace pcpbench {

namespace {

template <class T>
T get(nb::dict from, const char* key) {
    return nb::cast<T>(from[key]);
}

ListAccess read_access(nb::dict from) {
    ListAccess access;
    const auto mask = get<std::string>(from, "mask");
    access.mask = mask == "irqs_off"      ? Mask::irqs_off
                  : mask == "preempt_off" ? Mask::preempt_off
                                          : Mask::none;
    const auto lock = get<std::string>(from, "lock");
    access.lock = lock == "spin"      ? ListLock::spin
                  : lock == "trylock" ? ListLock::trylock
                                      : ListLock::none;
    access.buddy_when_busy = get<std::string>(from, "on_busy") == "buddy";
    access.indirections = get<int>(from, "indirections");
    access.static_branches = get<int>(from, "static_branches");
    return access;
}

MachineConfig read_machine(nb::dict from) {
    MachineConfig machine;
    for (const auto& [key, value] : get<nb::dict>(from, "costs_ps")) {
        const auto name = nb::cast<std::string>(key);
        if (!machine.costs.set(name, nb::cast<std::int64_t>(value))) {
            throw std::invalid_argument("the core has no cost " + name);
        }
    }
    const auto wake = get<std::vector<std::int64_t>>(from, "wake_latency_busy_ps");
    if (wake.size() != machine.busy_wake.at.size()) {
        throw std::invalid_argument("wake_latency_busy_ps must have five values");
    }
    std::copy(wake.begin(), wake.end(), machine.busy_wake.at.begin());
    const auto topology = get<nb::dict>(from, "topology");
    machine.topology = {get<int>(topology, "sockets"), get<int>(topology, "cores_per_socket"),
                        get<int>(topology, "cores_per_cluster"), get<int>(topology, "smt"),
                        get<int>(topology, "last_level_cache_kib")};
    machine.isolated = get<std::vector<int>>(from, "isolated");
    machine.cpus = get<int>(from, "cpus");
    machine.nohz_full = get<bool>(from, "nohz_full");
    machine.hz = get<int>(from, "hz");
    machine.rt_period = get<std::int64_t>(from, "rt_period_ps");
    machine.rt_runtime = get<std::int64_t>(from, "rt_runtime_ps");
    machine.fair_server_wait = get<std::int64_t>(from, "fair_server_wait_ps");
    machine.runnable = get<int>(from, "runnable");
    machine.fifo_load = get<int>(from, "fifo_load_2_16");
    machine.fifo_run = get<std::int64_t>(from, "fifo_run_ps");
    machine.eevdf = get<bool>(from, "eevdf");
    machine.seed = get<std::uint64_t>(from, "seed");
    return machine;
}

MemoryConfig read_memory(nb::dict from) {
    MemoryConfig memory;
    memory.managed_pages = get<std::uint32_t>(from, "managed_pages");
    memory.nodes = get<int>(from, "nodes");
    const auto marks = get<std::vector<std::int64_t>>(from, "watermarks_pages");
    memory.marks = {marks.at(0), marks.at(1), marks.at(2)};
    memory.pcp.batch = get<int>(from, "pcp_batch_pages");
    memory.pcp.high_min = get<int>(from, "pcp_high_min_pages");
    memory.pcp.high_max = get<int>(from, "pcp_high_pages");
    // Where the limit tunes itself it starts at 0 (pageset_init) and is clamped at its first use.
    memory.pcp.high = memory.pcp.high_min == memory.pcp.high_max ? memory.pcp.high_max : 0;
    const auto checks = get<std::string>(from, "checks_new_pages");
    memory.page_checks = checks == "under_lock"           ? PageChecks::under_lock
                         : checks == "refills_under_lock" ? PageChecks::refills_under_lock
                                                          : PageChecks::nowhere;
    memory.lru_entries = get<int>(from, "lru_batch_entries");
    memory.reclaim_cluster = get<int>(from, "reclaim_cluster_pages");
    memory.reclaim_retries = get<int>(from, "max_reclaim_retries");
    memory.numa_events = get<bool>(from, "vmstat_sees_numa_events");
    memory.policy = read_policy(get<nb::dict>(from, "policy"));
    memory.policy.page_shift = get<int>(from, "page_shift");
    return memory;
}

}  // namespace

SimulationConfig read_config(nb::dict config) {
    SimulationConfig cell;
    cell.machine = read_machine(get<nb::dict>(config, "machine"));
    cell.memory = read_memory(get<nb::dict>(config, "memory"));
    const auto strategy = get<nb::dict>(config, "strategy");
    cell.rules.alloc = read_access(get<nb::dict>(strategy, "alloc"));
    cell.rules.free = read_access(get<nb::dict>(strategy, "free"));
    cell.rules.list_free = read_access(get<nb::dict>(strategy, "list_free"));
    cell.rules.drains_lru = get<bool>(strategy, "drains_lru");
    cell.rules.target_drains_local = get<bool>(strategy, "target_drains_local");
    cell.rules.uses_lists = get<bool>(strategy, "uses_lists");
    cell.rules.mutex = get<bool>(strategy, "mutex");
    cell.rules.list_sets = get<int>(strategy, "list_sets");
    cell.rcu_normal = get<bool>(config, "rcu_normal");
    cell.warm_up = get<std::int64_t>(config, "warm_up_ps");
    cell.time = get<std::int64_t>(config, "time_ps");
    cell.stat_interval = get<std::int64_t>(config, "stat_interval_ps");
    cell.vmstat_skips_isolated = get<bool>(config, "vmstat_skips_isolated");
    cell.drain_period = get<std::int64_t>(config, "drain_period_ps");
    cell.run_ahead = get<bool>(config, "run_ahead");
    cell.prefill_keep_free = get<std::int64_t>(config, "prefill_keep_free_pages");
    return cell;
}

void check_table(const OpTable& ops, std::size_t slots) {
    if (ops.kind.empty()) throw std::invalid_argument("a stream needs at least one operation");
    if (ops.start >= ops.kind.size()) throw std::invalid_argument("start lies behind the table");
    for (std::size_t i = 0; i < ops.kind.size(); ++i) {
        if (ops.kind[i] >= kOpKinds) {
            throw std::invalid_argument("operation " + std::to_string(i) + " is of no known kind");
        }
        if (ops.kind[i] < 2 && ops.order[i] >= kMaxOrders) {
            throw std::invalid_argument("operation " + std::to_string(i) + " is of order " +
                                        std::to_string(ops.order[i]) + ", which no kernel has");
        }
        if (ops.kind[i] < 2 && (ops.slot[i] >= slots || ops.type[i] >= kPcpTypes)) {
            throw std::invalid_argument("operation " + std::to_string(i) +
                                        " names a slot or migratetype that does not exist");
        }
    }
    for (const auto& [slot, order, type] : ops.preload) {
        if (slot >= slots || type >= kPcpTypes || order >= kMaxOrders) {
            throw std::invalid_argument("the preload names a slot, order or migratetype that does "
                                        "not exist");
        }
    }
}

}  // namespace pcpbench
