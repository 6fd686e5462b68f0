// Running ahead is an optimisation: one step at a time in global order gives the same, bit for bit.
#include <algorithm>
#include <array>

#include "tests/check.hpp"
#include "tests/scenario.hpp"

using namespace pcpbench;
using namespace pcpbench::testing;

namespace {

// A CPU fills its lists, goes offline, and comes back for the rest of its calls.
std::unique_ptr<Stream> leaving_stream(int number) {
    OpTable table;
    const auto add = [&table](OpKind kind, std::uint32_t slot, std::uint32_t gap_ns) {
        table.kind.push_back(static_cast<std::uint8_t>(kind));
        table.order.push_back(static_cast<std::uint8_t>(slot % 3));
        table.type.push_back(kMovable);
        table.slot.push_back(slot);
        table.gap_ns.push_back(gap_ns);
    };
    constexpr std::uint32_t kSlots = 48;
    const auto gap_ns = static_cast<std::uint32_t>(100 + number * 7);
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) add(OpKind::alloc, slot, gap_ns);
    for (std::uint32_t slot = 0; slot < kSlots; slot += 2) add(OpKind::free, slot, gap_ns);
    add(OpKind::cpu_off, 0, gap_ns);
    add(OpKind::pause, 0, 300'000);
    for (std::uint32_t slot = 1; slot < kSlots; slot += 2) add(OpKind::free, slot, gap_ns);
    return std::make_unique<TableStream>(table, std::make_shared<Slots>(kSlots, kNoPage));
}

// A random cell, the same for the same number.
Cell random_cell(int number) {
    const int strategy = number % 9;
    const std::array<Script, 9> scripts{
        workqueue_script(),
        rcu_swap_script(),
        remote_script(),
        one_primitive_script(Primitive::send_ipi),
        one_primitive_script(Primitive::at_kernel_entry, 2 * kMillisecond),
        one_primitive_script(Primitive::free_at_no_cost),
        all_script(Primitive::run_for),
        all_script(Primitive::drain_remote),
        rcu_swap_script(false)};
    Cell cell = small_cell(scripts[static_cast<std::size_t>(strategy)]);
    ListAccess& access = cell.config.rules.alloc;
    cell.config.rules.mutex = number % 2 == 0 || strategy == 1 || strategy == 8;
    if (strategy == 1 || strategy == 8) {
        access.indirections = 1;
        cell.config.rules.list_sets = 2;
    }
    if (strategy == 2) access = {Mask::preempt_off, ListLock::trylock, true, 0, 0};
    if (strategy == 6) access = {Mask::irqs_off, ListLock::spin, false, 0, 1};
    if (strategy == 7) access = {Mask::preempt_off, ListLock::spin, false, 0, 0};
    cell.config.rules.uses_lists = number % 17 != 16;
    cell.config.rules.free = access;
    MachineConfig& machine = cell.config.machine;
    machine.seed = static_cast<std::uint64_t>(number);
    machine.cpus = 3 + number % 5;
    machine.isolated = {machine.cpus - 1};
    machine.topology.cache_kib = number % 8 == 3 ? 64 : 1024;
    const int nodes = number % 10 < 6 ? 1 : 2 + number % 2;
    cell.config.memory.nodes = nodes;  // each of the memory of a small cell
    cell.config.drain_period = number % 4 * 700 * kMicrosecond;
    cell.config.time = 30 * kMillisecond;
    if (!cell.config.rules.uses_lists) {
        cell.config.time = std::min(cell.config.time, kTimeWithoutLists);
    }
    for (int cpu = 0; cpu + 1 < machine.cpus; ++cpu) {
        cell.workloads.push_back([=](Simulation& s) {
            const StreamParameters repeat{{"think_ps", 700'000 + number * 10'000}};
            const StreamParameters pressure{{"set_pages", (number % 2 ? 3000 : 6000) * nodes},
                                            {"churn_slots", 64 + number * 8},
                                            {"think_ps", 500'000 + number * 20'000},
                                            {"calm_ops", 2000},
                                            {"burst_ops", 2000},
                                            {"calm_fault_permille", 50},
                                            {"burst_fault_permille", number % 5 ? 400 : 900}};
            const StreamParameters bulk{{"blocks", 1500 + 100 * cpu}, {"order", number % 4},
                                        {"shuffled", number % 2}, {"gap_ps", 20'000},
                                        {"rounds", number % 3}};
            if (cpu == 0 && number % 4 == 2) return s.add_stream(cpu, leaving_stream(number), false);
            const bool calm = number % 6 == 1;
            if (number % 7 == 3) {
                return s.add_stream(
                    cpu, make_stream("bulk", bulk, static_cast<std::uint64_t>(number), cpu), false);
            }
            s.add_stream(cpu,
                         make_stream(calm ? "repeat" : "memory-pressure", calm ? repeat : pressure,
                                     static_cast<std::uint64_t>(number), cpu),
                         false);
        });
    }
    add_isolated_loop(cell, machine.cpus - 1, number % 7 == 0);
    return cell;
}

void put(std::string& text, const Histogram& histogram) {
    text += std::to_string(histogram.sum_ps()) + "=";
    for (const auto& [bucket, n] : histogram.counts()) {
        text += std::to_string(bucket) + ":" + std::to_string(n) + " ";
    }
    for (const auto& [bucket, n] : histogram.episodes()) {
        text += std::to_string(bucket) + "!" + std::to_string(n) + " ";
    }
}

// Everything a cell measures, as text.
std::string outcome(Cell cell, bool run_ahead) {
    cell.config.run_ahead = run_ahead;
    const auto s = cell.run();
    const Measurements& m = s->measurements();
    std::string text;
#define PCPBENCH_PUT(name) text += std::to_string(m.counters.name) + " ";
    PCPBENCH_COUNTERS(PCPBENCH_PUT)
#undef PCPBENCH_PUT
    for (const Histogram* histogram : {&m.alloc_latency, &m.free_latency, &m.drain_latency,
                                       &m.drain_censored, &m.zone_lock_wait, &m.zone_lock_hold,
                                       &m.zone_lock_refill, &m.zone_lock_flush}) {
        put(text, *histogram);
    }
    for (const Histogram& histogram : m.cpu_alloc_latency) put(text, histogram);
    return text + std::to_string(s->noise(cell.config.machine.cpus - 1).total_ps());
}

// Every third random cell from the first one given.
void check_every_third(int first) {
#ifdef PCPBENCH_CHECK_INVARIANTS
    constexpr int kCells = 24;  // each step checks every page frame
#else
    constexpr int kCells = 150;
#endif
    for (int number = first; number < kCells; number += 3) {
        const Cell cell = random_cell(number);
        CHECK_EQ(outcome(cell, true), outcome(cell, false));
    }
}

}  // namespace

// Three tests, which ctest runs side by side.
TEST(running_ahead_gives_the_same_as_one_step_at_a_time) { check_every_third(0); }
TEST(running_ahead_gives_the_same_in_more_cells) { check_every_third(1); }
TEST(running_ahead_gives_the_same_in_still_more_cells) { check_every_third(2); }
