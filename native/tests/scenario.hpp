// scenario.hpp: a small cell for tests, and drain strategies written as plain scripts.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "simulation/simulation.hpp"

namespace pcpbench::testing {

// Round numbers of the right size; tests compare shapes, never these values.
inline Costs plain_costs() {
    Costs costs;
    const std::map<std::string, Picoseconds> ns{
        {"l2_load", 4}, {"dependent_load", 1}, {"dram_local", 100},
        {"dram_remote", 200}, {"dram_stream", 4}, {"tail_page", 1},
        {"line_transfer_smt", 10}, {"line_transfer_cluster", 25}, {"line_transfer_socket", 110},
        {"line_transfer_remote", 250}, {"atomic_rmw", 7}, {"spin_lock_pair", 10},
        {"irq_save_restore", 10}, {"preempt_pair", 1}, {"static_branch", 1}, {"alloc_path", 25},
        {"free_path", 20}, {"slow_path_entry", 300}, {"refill_base", 1000}, {"refill_page", 20},
        {"flush_base", 600}, {"flush_page", 28}, {"reclaim_base", 2000}, {"reclaim_page", 500},
        {"ipi_send", 200}, {"ipi_flight", 800},
        {"irq_entry_exit", 300}, {"ipi_handler", 300}, {"ipi_ack", 200}, {"work_queue", 300},
        {"work_flush", 300}, {"kworker_wake_idle", 2000}, {"context_switch_in", 1500},
        {"context_switch_back", 2000}, {"task_wake", 1500}, {"rcu_expedited_base", 10000},
        {"rcu_expedited_cpu", 100}, {"rcu_handler", 300}, {"tick_handler", 1500},
        {"vmstat_update", 1500}};
    for (const auto& [name, value] : ns) costs.set(name, value * 1000);
    return costs;
}

// Without lists every call takes the zone lock, and with checks each of them walks the zone.
#ifdef PCPBENCH_CHECK_INVARIANTS
inline constexpr Picoseconds kTimeWithoutLists = 10 * kMillisecond;
#else
inline constexpr Picoseconds kTimeWithoutLists = 100 * kMillisecond;
#endif

using Script = std::function<Command(const Decision&)>;

inline Script workqueue_script() {
    return [](const Decision& d) -> Command {
        static thread_local std::map<std::int64_t, int> step;
        int& at = step[d.generator];
        if (d.start) at = 0;
        ++at;
        const std::vector<int> result(d.result.begin(), d.result.end());
        if (d.context != Context::initiator) return {at == 1 ? Primitive::drain_local : Primitive::finish, {}, 0};
        if (at == 1) return {Primitive::scan_counts, {}, 0};
        if (at == 2) return {Primitive::queue_work, result, 0};
        if (at == 3) return {Primitive::flush_work, result, 0};
        return {};
    };
}

inline Script rcu_swap_script(bool expedited = true, bool wait = true) {
    return [expedited, wait](const Decision& d) -> Command {
        static thread_local std::map<std::int64_t, int> step;
        static thread_local std::vector<int> cpus;
        int& at = step[d.generator];
        if (d.start) at = 0;
        ++at;
        if (at == 3 && !wait) at = 4;
        if (at == 1) return {Primitive::scan_counts, {}, 0};
        if (at == 2) {
            cpus.assign(d.result.begin(), d.result.end());
            return {Primitive::swap_lists, cpus, 0};
        }
        if (at == 3) return {Primitive::synchronize_rcu, {}, expedited};
        if (at == 4) return {Primitive::free_lists, cpus, 0};
        return {};
    };
}

inline Script remote_script() {
    return [](const Decision& d) -> Command {
        static thread_local std::map<std::int64_t, std::vector<int>> left;
        static thread_local std::map<std::int64_t, bool> scanned;
        if (d.start) {
            scanned[d.generator] = false;
            return {Primitive::scan_counts, {}, 0};
        }
        std::vector<int>& cpus = left[d.generator];
        if (!std::exchange(scanned[d.generator], true)) {
            cpus.assign(d.result.rbegin(), d.result.rend());
        }
        if (cpus.empty()) return {};
        const int cpu = cpus.back();
        cpus.pop_back();
        return {Primitive::drain_remote, {cpu}, 0};
    };
}

// A drain of one primitive over the CPUs that hold pages; on_target empties the lists.
inline Script one_primitive_script(Primitive primitive, std::int64_t value = 0) {
    return [primitive, value](const Decision& d) -> Command {
        static thread_local std::map<std::int64_t, int> step;
        int& at = step[d.generator];
        if (d.start) at = 0;
        ++at;
        if (d.context != Context::initiator) {
            return {at == 1 ? Primitive::drain_local : Primitive::finish, {}, 0};
        }
        if (at == 1) return {Primitive::scan_counts, {}, 0};
        if (at > 2) return {};
        return {primitive, {d.result.begin(), d.result.end()}, value};
    };
}

// Runs drain_remote or run_for of every CPU that holds pages side by side.
inline Script all_script(Primitive primitive) {
    return [primitive](const Decision& d) -> Command {
        static thread_local std::map<std::int64_t, int> step;
        int& at = step[d.generator];
        if (d.start) at = 0;
        ++at;
        if (d.context != Context::initiator) {
            return {at == 1 ? Primitive::drain_local : Primitive::finish, {}, 0};
        }
        if (at == 1) return {Primitive::scan_counts, {}, 0};
        Command command;
        command.primitive = Primitive::all;
        if (at > 2) return {};
        for (const auto cpu : d.result) {
            command.parts.push_back({primitive, {static_cast<int>(cpu)}, 0});
        }
        return command;
    };
}

struct Cell {
    SimulationConfig config;
    Script script;
    std::vector<std::function<void(Simulation&)>> workloads;

    std::unique_ptr<Simulation> run() const {
        auto simulation = std::make_unique<Simulation>(config);
        for (const auto& add : workloads) add(*simulation);
        while (simulation->run()) {
            simulation->drains().answer(script(simulation->drains().decision()));
        }
        return simulation;
    }
};

// Four CPUs, the last isolated with nohz_full, 64 MiB.
inline Cell small_cell(Script script) {
    Cell cell;
    cell.script = std::move(script);
    MachineConfig& machine = cell.config.machine;
    machine.costs = plain_costs();
    machine.busy_wake.at = {7200000, 47000000, 120000000, 3190000000, 3870000000};
    machine.topology = {1, 8, 4, 1};
    machine.cpus = 4;
    machine.isolated = {3};
    machine.nohz_full = true;
    MemoryConfig& memory = cell.config.memory;
    memory.managed_pages = 16384;
    memory.marks = {256, 320, 384};
    memory.pcp.batch = 15;
    memory.pcp.high = memory.pcp.high_min = memory.pcp.high_max = 80;
    cell.config.prefill_keep_free = 600;
    cell.config.warm_up = 10 * kMillisecond;
    cell.config.time = 100 * kMillisecond;
    return cell;
}

inline void add_pressure(Cell& cell, int cpu, std::int64_t set_pages) {
    cell.workloads.push_back([=](Simulation& s) {
        s.add_stream(cpu,
                     make_stream("memory-pressure",
                                 {{"set_pages", set_pages}, {"churn_slots", 512},
                                  {"think_ps", 2000000}, {"calm_ops", 2000}, {"burst_ops", 2000},
                                  {"calm_fault_permille", 50}, {"burst_fault_permille", 900}},
                                 1, cpu),
                     false);
    });
}

inline void add_isolated_loop(Cell& cell, int cpu, bool fifo = false) {
    cell.workloads.push_back([=](Simulation& s) {
        s.add_stream(cpu,
                     make_stream("isolated-loop",
                                 {{"pages", 8}, {"touch_every_ps", 50 * kMicrosecond},
                                  {"call_gap_ps", 500000}},
                                 1, cpu),
                     fifo);
    });
}

}  // namespace pcpbench::testing
