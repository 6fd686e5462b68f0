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

void print(const char* name, Simulation& s) {
    const Counters& c = s.measurements().counters;
    std::cout << name << ": allocs " << c.alloc_calls << " slow " << c.slow_path_entries
              << " direct " << c.reclaim_direct_pages << " kswapd " << c.kswapd_pages << " drains "
              << c.drain_asked << '/' << c.drain_completed << '/' << c.drain_skipped << " pages "
              << c.drain_pages << " fail " << c.alloc_failures << " retries " << c.reclaim_retries
              << " noise " << s.noise(3).total_ps() / 1000 << " ns, by drain "
              << interruptions(s, Cause::drain) << " refills after "
              << s.measurements().refills_after_drain[3] << " [";
    for (int m = 0; m < kMechanisms; ++m) std::cout << s.noise(3).interruptions(m, 0) << ' ';
    std::cout << "]\n";
}

}  // namespace

TEST(workqueue_drains_interrupt_the_isolated_cpu) {
    const auto s = pressed(workqueue_script()).run();
    print("workqueue", *s);
    CHECK(s->measurements().counters.drain_completed > 10);
    CHECK(interruptions(*s, Cause::drain) > 0);
    CHECK_EQ(s->check(), std::string{});
}

TEST(rcu_swap_spares_a_nohz_full_cpu_in_user_mode) {
    const auto s = pressed(rcu_swap_script(), swap_rules()).run();
    print("rcu-swap", *s);
    CHECK(s->measurements().counters.drain_completed > 10);
    CHECK(s->measurements().counters.drain_pages > 0);
    CHECK_EQ(s->check(), std::string{});
}

TEST(remote_drain_under_the_list_lock_never_interrupts) {
    const auto s = pressed(remote_script(), lock_rules()).run();
    print("remote", *s);
    CHECK(s->measurements().counters.drain_completed > 10);
    CHECK_EQ(s->noise(3).interruptions(static_cast<int>(Mechanism::ipi),
                                       static_cast<int>(Cause::drain)), 0U);
    CHECK_EQ(s->check(), std::string{});
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
    cell.config.time = kSecond + 500 * kMillisecond;
    cell.config.drain_period = 10 * kMillisecond;
    add_isolated_loop(cell, 3, true);
    const auto s = cell.run();
    print("fifo", *s);
    CHECK(s->measurements().drain_latency.max_ps() > 800 * kMillisecond);
    CHECK(s->measurements().counters.drain_skipped > 50);
}
