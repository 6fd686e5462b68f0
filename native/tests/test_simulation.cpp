// The simulation: what strategies do to an isolated CPU, and that no page is lost on the way.
#include "tests/check.hpp"
#include "tests/scenario.hpp"

using namespace pcpbench;
using namespace pcpbench::testing;

namespace {

Cell pressed(Script script, StrategyRules rules = {}) {
    Cell cell = small_cell(std::move(script));
    cell.config.rules = rules;
    for (int cpu = 0; cpu < 3; ++cpu) add_pressure(cell, cpu, 7000);
    add_isolated_loop(cell, 3);
    return cell;
}

StrategyRules swap_rules() {
    StrategyRules rules;
    rules.alloc.indirections = rules.free.indirections = 1;
    rules.list_sets = 2;
    return rules;
}

StrategyRules lock_rules() {
    StrategyRules rules;
    rules.alloc = {Mask::preempt_off, ListLock::trylock, true, 0, 0};
    rules.free = rules.alloc;
    return rules;
}

std::uint64_t interruptions(Simulation& s, Cause cause) {
    std::uint64_t sum = 0;
    for (int m = 0; m < kMechanisms; ++m) {
        sum += s.noise(3).interruptions(m, static_cast<int>(cause));
    }
    return sum;
}

}  // namespace

TEST(workqueue_drains_interrupt_the_isolated_cpu) {
    const auto s = pressed(workqueue_script()).run();
    CHECK(s->measurements().counters.drain_completed > 10);
    CHECK(interruptions(*s, Cause::drain) > 0);
    CHECK_EQ(s->check(), std::string{});
}

// Touches its pages at 11 ms, which fills its lists, and never enters the kernel again.
void add_user_loop(Cell& cell, int cpu) {
    cell.workloads.push_back([=](Simulation& s) {
        OpTable table;
        const auto add = [&table](OpKind kind, std::uint32_t slot, std::uint32_t gap_ns) {
            table.kind.push_back(static_cast<std::uint8_t>(kind));
            table.order.push_back(0);
            table.type.push_back(kMovable);
            table.slot.push_back(slot);
            table.gap_ns.push_back(gap_ns);
        };
        add(OpKind::pause, 0, 11'000'000);
        for (std::uint32_t slot = 0; slot < 8; ++slot) add(OpKind::alloc, slot, 500);
        add(OpKind::pause, 0, 4'000'000'000);
        auto slots = std::make_shared<Slots>(8, kNoPage);
        s.add_stream(cpu, std::make_unique<TableStream>(table, slots), false);
    });
}

std::unique_ptr<Simulation> beside_user_loop(Script script, StrategyRules rules, bool nohz_full) {
    Cell cell = small_cell(std::move(script));
    cell.config.rules = rules;
    cell.config.machine.nohz_full = nohz_full;
    cell.config.drain_period = 2 * kMillisecond;
    for (int cpu = 0; cpu < 3; ++cpu) add_pressure(cell, cpu, 7000);
    add_user_loop(cell, 3);
    return cell.run();
}

TEST(a_remote_drain_spares_a_nohz_full_cpu_in_user_mode) {
    CHECK(interruptions(*beside_user_loop(workqueue_script(), {}, true), Cause::drain) > 0);
    const auto swap = beside_user_loop(rcu_swap_script(), swap_rules(), true);
    CHECK(swap->measurements().counters.drain_completed > 10);
    CHECK(swap->measurements().counters.drain_pages > 0);
    CHECK_EQ(interruptions(*swap, Cause::drain), 0U);
    CHECK_EQ(swap->check(), std::string{});
    const auto lock = beside_user_loop(remote_script(), lock_rules(), true);
    CHECK_EQ(interruptions(*lock, Cause::drain), 0U);
}

TEST(without_nohz_full_every_expedited_grace_period_interrupts) {
    const auto s = beside_user_loop(rcu_swap_script(), swap_rules(), false);
    const auto interrupted = s->noise(3).interruptions(static_cast<int>(Mechanism::rcu),
                                                       static_cast<int>(Cause::drain));
    CHECK_EQ(static_cast<std::int64_t>(interrupted), s->measurements().counters.drain_grace_periods);
}

TEST(remote_drain_under_the_list_lock_never_interrupts) {
    const auto s = pressed(remote_script(), lock_rules()).run();
    CHECK(s->measurements().counters.drain_completed > 10);
    CHECK_EQ(s->noise(3).interruptions(static_cast<int>(Mechanism::ipi),
                                       static_cast<int>(Cause::drain)), 0U);
    CHECK_EQ(s->check(), std::string{});
}

TEST(an_interrupt_drains_its_cpu_and_returns_to_the_task) {
    const auto s = pressed(one_primitive_script(Primitive::send_ipi)).run();
    const Counters& counters = s->measurements().counters;
    CHECK(counters.drain_completed > 10);
    CHECK(counters.drain_unfinished <= 1);  // the one that the end of the cell meets
    CHECK_EQ(counters.drain_context_switches, 0);
    const int drain = static_cast<int>(Cause::drain);
    CHECK(s->noise(3).interruptions(static_cast<int>(Mechanism::ipi), drain) > 0);
    CHECK_EQ(s->noise(3).interruptions(static_cast<int>(Mechanism::kworker), drain), 0U);
    CHECK_EQ(s->check(), std::string{});
}

TEST(a_deferred_drain_waits_for_the_kernel_entry_or_its_bound) {
    const auto deferred = one_primitive_script(Primitive::at_kernel_entry, 10 * kMillisecond);
    const auto busy = pressed(deferred).run();
    CHECK_EQ(interruptions(*busy, Cause::drain), 0U);  // it enters the kernel every 50 us
    CHECK(busy->measurements().counters.drain_pages > 0);
    const auto still = beside_user_loop(deferred, {}, true);
    CHECK(interruptions(*still, Cause::drain) > 0);
    const auto never = beside_user_loop(one_primitive_script(Primitive::at_kernel_entry), {}, true);
    CHECK_EQ(interruptions(*never, Cause::drain), 0U);
}

TEST(an_interrupt_may_not_drain_lists_that_its_cpu_enters_with_interrupts_on) {
    bool refused = false;
    try {
        pressed(one_primitive_script(Primitive::send_ipi), lock_rules()).run();
    } catch (const StrategyError& error) {
        refused = std::string(error.what()).find("irqs_off") != std::string::npos;
    }
    CHECK(refused);
}

TEST(without_lists_no_page_is_parked) {
    StrategyRules rules;
    rules.uses_lists = false;
    Cell cell = pressed(one_primitive_script(Primitive::free_at_no_cost), rules);
    cell.config.time = kTimeWithoutLists;
    const auto s = cell.run();
    CHECK_EQ(s->measurements().counters.parked_pages_max, 0);
    CHECK(s->measurements().counters.alloc_calls > 1000);
    CHECK_EQ(s->check(), std::string{});
}

TEST(a_costless_drain_takes_only_the_time_to_look) {
    const auto s = pressed(one_primitive_script(Primitive::free_at_no_cost)).run();
    CHECK(s->measurements().counters.drain_pages > 0);
    CHECK(s->measurements().drain_latency.max_ps() < 2 * kMicrosecond);
}

TEST(freeing_swapped_lists_before_a_grace_period_is_refused) {
    bool refused = false;
    try {
        pressed(rcu_swap_script(true, false), swap_rules()).run();
    } catch (const StrategyError& error) {
        refused = std::string(error.what()).find("grace period") != std::string::npos;
    }
    CHECK(refused);
}

TEST(same_cell_gives_the_same_numbers) {
    const auto a = pressed(workqueue_script()).run();
    const auto b = pressed(workqueue_script()).run();
    CHECK_EQ(a->measurements().alloc_latency.sum_ps(), b->measurements().alloc_latency.sum_ps());
    CHECK_EQ(a->noise(3).total_ps(), b->noise(3).total_ps());
}

TEST(vmstat_work_reaches_the_isolated_cpu) {
    Cell cell = pressed(remote_script(), lock_rules());
    cell.config.stat_interval = 20 * kMillisecond;
    const auto s = cell.run();
    CHECK(interruptions(*s, Cause::vmstat) > 0);
    cell.config.vmstat_skips_isolated = true;
    CHECK_EQ(interruptions(*cell.run(), Cause::vmstat), 0U);
}

TEST(behind_a_fifo_task_the_workqueue_drain_waits_for_the_throttle) {
    Cell cell = small_cell(workqueue_script());
    cell.config.warm_up = 0;
    cell.config.time = kSecond + 500 * kMillisecond;
    cell.config.drain_period = 10 * kMillisecond;
    add_isolated_loop(cell, 3, true);
    const auto s = cell.run();
    CHECK(s->measurements().drain_latency.max_ps() > 800 * kMillisecond);
    CHECK(s->measurements().counters.drain_skipped > 50);
}

TEST(a_throttled_task_loses_no_more_than_the_throttle_takes) {
    Cell cell = small_cell(workqueue_script());
    cell.config.warm_up = 0;
    cell.config.time = 3 * kSecond;
    cell.config.drain_period = 3 * kMillisecond;  // many works within each window
    add_isolated_loop(cell, 3, true);
    const auto s = cell.run();
    CHECK(s->noise(3).total_ps() >= 3 * 50 * kMillisecond - kMillisecond);
    CHECK(s->noise(3).total_ps() <= 3 * 50 * kMillisecond + kMillisecond);
    CHECK(s->noise(3).max_single_ps() <= 50 * kMillisecond + kMicrosecond);
}
