"""What each strategy does to an isolated CPU: the claims the project exists to test."""

from __future__ import annotations

import pytest

from pcpbench.hardware.profile import load_profile

BY_CAUSE = "isolated.interruptions.by_cause."
BY_MECHANISM = "isolated.interruptions.by_mechanism."
REMOTE = ("rcu-swap", "spinlock-trylock")
ALL = ("workqueue", *REMOTE)
# The means contain a share of the free counter's line, by epoch, in whole picoseconds.
ROUNDING_PS = 10


def test_a_workqueue_drain_interrupts_a_task_in_user_mode(make_cell, run):
    metrics = run(make_cell("workqueue")).metrics
    assert metrics["drain.completed"] > 10
    assert metrics[BY_CAUSE + "drain"] > 0
    assert metrics[BY_MECHANISM + "kworker"] > 0
    assert metrics[BY_MECHANISM + "ipi"] > 0


@pytest.mark.parametrize("strategy", REMOTE)
def test_a_remote_drain_spares_a_nohz_full_task_in_user_mode(make_cell, run, strategy):
    metrics = run(make_cell(strategy)).metrics
    assert metrics["drain.completed"] > 10
    assert metrics["drain.pages"] > 0
    assert metrics[BY_CAUSE + "drain"] == 0


@pytest.mark.parametrize("strategy", REMOTE)
def test_the_remote_drains_do_empty_the_isolated_cpus_lists(make_cell, run, strategy):
    kept = run(make_cell(strategy, busy="user-loop", drains_per_s=0.0)).metrics
    drained = run(make_cell(strategy, busy="user-loop")).metrics
    # Four CPUs hold what is left of one refill; nobody refills afterwards.
    batch, touched = 3, 8
    left = 4 * (-touched % batch)
    assert kept["memory.parked_pages.max"] == left
    assert drained["drain.pages"] == left
    assert drained["memory.parked_pages.mean"] < kept["memory.parked_pages.mean"] / 10


def test_without_nohz_full_an_expedited_grace_period_interrupts_it(make_cell, run):
    metrics = run(make_cell("rcu-swap", machine={"nohz_full": False})).metrics
    assert metrics[BY_MECHANISM + "rcu"] > 0
    assert metrics[BY_CAUSE + "drain"] > 0


@pytest.mark.parametrize("quiet", [{"parameters": {"expedited": False}}, {"machine": {}}])
def test_a_normal_grace_period_interrupts_nobody(make_cell, run, quiet):
    machine = {"nohz_full": False, "rcu_normal": "machine" in quiet}
    parameters = quiet.get("parameters")
    metrics = run(make_cell("rcu-swap", machine=machine, parameters=parameters)).metrics
    assert metrics["drain.grace_periods"] > 0
    assert metrics[BY_MECHANISM + "rcu"] == 0


@pytest.mark.parametrize("strategy", ALL)
def test_vmstat_reaches_the_isolated_cpu_under_every_strategy_of_v5_15(make_cell, run, strategy):
    # The CPU's counters differ once a period: the loop must make page calls.
    cell = make_cell(strategy, victim="isolated-loop", time_ns=2_100_000_000, drains_per_s=0.0)
    assert run(cell).metrics[BY_CAUSE + "vmstat"] > 0


def test_behind_a_fifo_task_a_workqueue_drain_waits_for_the_throttle(make_cell, run):
    def longest_ns(strategy: str) -> float:
        cell = make_cell(
            strategy,
            busy="user-loop",
            victim_parameters={"fifo": True},
            time_ns=1_500_000_000,
            drains_per_s=20.0,
        )
        return run(cell).metrics["drain.latency_ns.max"]

    # RT throttling (950 of 1000 ms) lets the kworker in for the first time after 950 ms.
    assert 800e6 < longest_ns("workqueue") < 1000e6
    assert longest_ns("spinlock-trylock") < 1e6


def fast_path_ns(make_cell, run, strategy: str) -> float:
    cell = make_cell(strategy, busy="repeat", drains_per_s=0.0)
    result = run(cell)
    assert result.counters["trylock_failures"] == 0
    return result.metrics["alloc.fast_path_ns"]


def test_rcu_swap_adds_one_dependent_load_and_no_lock_to_the_fast_path(make_cell, run, registry):
    profile = load_profile(registry.hardware["epyc-7742"])
    added_ps = profile.costs["dependent_load"].ps()
    difference_ns = fast_path_ns(make_cell, run, "rcu-swap") - fast_path_ns(
        make_cell, run, "workqueue"
    )
    assert difference_ns * 1000 == pytest.approx(added_ps, abs=ROUNDING_PS)
    assert registry.strategies["rcu-swap"].access.lock == "none"


def test_the_trylock_costs_its_lock_and_saves_the_irq_masking(make_cell, run, registry):
    profile = load_profile(registry.hardware["epyc-7742"])
    expected_ps = (
        profile.costs["spin_lock_pair"].ps()
        + profile.costs["preempt_pair"].ps()
        - profile.costs["irq_save_restore"].ps()
    )
    difference_ns = fast_path_ns(make_cell, run, "spinlock-trylock") - fast_path_ns(
        make_cell, run, "workqueue"
    )
    assert difference_ns * 1000 == pytest.approx(expected_ps, abs=ROUNDING_PS)


def test_an_owner_that_meets_a_drain_goes_to_the_buddy_lists(make_cell, run):
    counters = run(make_cell("spinlock-trylock", drains_per_s=5000.0)).counters
    assert counters["trylock_failures"] > 0


def test_callers_that_meet_a_running_drain_return_at_once(make_cell, run):
    metrics = run(make_cell("workqueue", drains_per_s=50_000.0)).metrics
    assert metrics["drain.skipped"] > 0
    total = metrics["drain.completed"] + metrics["drain.skipped"] + metrics["drain.unfinished"]
    assert metrics["drain.asked"] == total
