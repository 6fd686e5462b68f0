"""What goes on beside workloads and drains: ticks, vmstat's rounds, throttled FIFO tasks, grace
periods; each held against what the kernel's rule says of its number or its length."""

from __future__ import annotations

import bisect
import dataclasses
from array import array

import pytest

from pcpbench.hardware.profile import load_profile
from pcpbench.plugin import (
    ALLOC,
    FREE,
    LRU_DRAIN,
    PAUSE,
    OpStream,
    Workload,
)
from pcpbench.simulator.event_log import ROLES, EventLog
from pcpbench.simulator.run import run_cell

BY = "isolated.interruptions.by_"
TICK, KWORKER, VMSTAT = BY + "mechanism.tick", BY + "mechanism.kworker", BY + "cause.vmstat"
SECOND_NS = 1_000_000_000
CALLS = ("alloc_call", "free_call")
# An isolated FIFO task that never leaves its CPU of its own accord.
FIFO_LOOP = {"victim": "user-loop", "victim_parameters": {"fifo": True}, "busy": "user-loop"}


class Dirty(Workload):
    """Takes eight pages at once and computes ever after: remainders wait for vmstat's round."""

    kind = "dirty"

    def streams(self, context):
        return [
            OpStream(
                cpu=cpu,
                op=array("B", [ALLOC] * 8 + [PAUSE]),
                order=array("B", [0] * 9),
                migratetype=array("B", [1] * 9),
                slot=array("I", [*range(8), 0]),
                gap_ns=array("I", [500] * 8 + [4_294_000_000]),
                slots=8,
                slot_group=cpu,
            )
            for cpu in context.cpus
        ]


class Computes(Dirty):
    """Makes no page call at all."""

    kind = "computes"

    def streams(self, context):
        return [
            dataclasses.replace(
                stream,
                op=array("B", [PAUSE]),
                order=array("B", [0]),
                migratetype=array("B", [1]),
                slot=array("I", [0]),
                gap_ns=array("I", [4_294_000_000]),
            )
            for stream in super().streams(context)
        ]


class GivesBack(Dirty):
    """Takes a page, which refills its list; three seconds later another one that it gives back."""

    kind = "gives-back"

    def streams(self, context):
        return [
            dataclasses.replace(
                stream,
                op=array("B", [ALLOC, PAUSE, ALLOC, FREE, PAUSE]),
                order=array("B", [0] * 5),
                migratetype=array("B", [0] * 5),
                slot=array("I", [0, 0, 1, 1, 0]),
                gap_ns=array("I", [500, 3_000_000_000, 500, 500, 4_294_000_000]),
            )
            for stream in super().streams(context)
        ]


class Asks(Computes):
    """The first CPU drains LRU batches every 10 ms, the others idle."""

    kind = "asks"

    def streams(self, context):
        first = super().streams(context)[0]
        gap_ns = array("I", [10_000_000])
        return [dataclasses.replace(first, op=array("B", [LRU_DRAIN]), gap_ns=gap_ns)]


@pytest.fixture(scope="module")
def more(registry):
    kinds = {workload.kind: workload for workload in (Dirty, Computes, GivesBack, Asks)}
    return dataclasses.replace(registry, workloads={**registry.workloads, **kinds})


@pytest.fixture
def measured(make_cell, more):
    """The metrics of a cell in which nobody but vmstat disturbs the last CPU."""

    def measure(
        kernel="v5.15",
        *,
        victim="computes",
        seconds=0.2,
        strategy="workqueue",
        one_step=False,
        **changes,
    ):
        cell = make_cell(
            strategy,
            kernel=kernel,
            victim=victim,
            **{
                "busy": "computes",
                "drains_per_s": 0.0,
                "warm_up_ns": 0,
                "time_ns": round(seconds * SECOND_NS),
                **changes,
            },
        )
        result = run_cell(cell, more, one_step=one_step)
        assert result.status == "ok", result.error
        return result.metrics

    return measure


@pytest.mark.parametrize("hz", [100, 250, 1000])
def test_a_cpu_ticks_hz_times_a_second_unless_it_is_nohz_full(
    measured, more, make_cell, tmp_path, hz
):
    text = more.kernels["v5.15"].read_text()
    assert "  hz:\n    value: 250\n" in text
    path = tmp_path / "mine.yaml"
    text = text.replace("  hz:\n    value: 250\n", f"  hz:\n    value: {hz}\n")
    path.write_text(text.replace("name: v5.15", "name: mine"))
    own = dataclasses.replace(more, kernels={**more.kernels, "mine": path})
    cell = make_cell(kernel="mine", victim="computes", busy="computes", drains_per_s=0.0)
    for nohz_full, ticks in ((False, hz // 5), (True, 0)):
        machine = dataclasses.replace(cell.machine, nohz_full=nohz_full)
        metrics = run_cell(dataclasses.replace(cell, machine=machine), own).metrics
        assert metrics[TICK] == pytest.approx(ticks, abs=1)
        assert metrics["isolated.interruptions"] == metrics[TICK]


def test_a_tick_takes_its_entry_and_its_handler(measured, more):
    costs = load_profile(more.hardware["epyc-7742"]).costs
    metrics = measured(machine={"nohz_full": False})
    tick_ns = costs["irq_entry_exit"].value_ns + costs["tick_handler"].value_ns
    assert metrics["isolated.max_single_noise_ns"] == tick_ns
    assert metrics["isolated.noise_ns"] == metrics[TICK] * tick_ns


def test_a_nohz_full_cpu_has_one_tick_after_each_kworker_and_none_behind_a_fifo_task(measured):
    """The tick that runs while a second fair task is there; sched_can_stop_tick for FIFO."""
    asks = {"busy": "asks", "victim": "isolated-loop", "seconds": 0.5}
    fair = measured(strategy="spinlock-trylock", **asks)
    assert fair[KWORKER] >= 40
    assert 0.5 * fair[KWORKER] <= fair[TICK] <= fair[KWORKER]
    fifo = measured(
        strategy="spinlock-trylock",
        **{**asks, "seconds": 2.0},
        victim_parameters={"fifo": True},
    )
    assert fifo[KWORKER] > 0
    assert fifo[TICK] == 0


@pytest.mark.parametrize(
    ("kernel", "nohz_full", "isolcpus", "spared"),
    [
        ("v5.10.y", True, True, False),
        ("v5.15", True, True, False),
        ("v6.2", True, True, False),
        ("v6.7", True, False, True),
        ("v6.12.y", False, True, True),
        ("v6.12.y", False, False, False),
        ("v7.2", True, False, False),
        ("v7.2", False, True, True),
    ],
)
def test_vmstat_folds_what_a_cpu_left_unless_the_release_spares_it(
    measured, kernel, nohz_full, isolcpus, spared
):
    machine = {"nohz_full": nohz_full, "isolcpus": isolcpus}
    metrics = measured(kernel, victim="dirty", seconds=3.5, machine=machine)
    # The shepherd's work folds; it comes again after a second, finds nothing, and that is all:
    # twice the kworker, and once an IPI, as the second time it is queued by the CPU itself.
    assert metrics[BY + "mechanism.kworker"] == (0 if spared else 2)
    assert metrics[BY + "mechanism.ipi"] == (0 if spared else 1)
    assert metrics[VMSTAT] >= (0 if spared else 3)
    assert spared or metrics["isolated.noise_ns"] > 0


@pytest.mark.parametrize("kernel", ["v5.10.y", "v5.15", "v6.2"])
def test_a_cpu_that_left_nothing_is_spared_by_every_release(measured, kernel):
    assert measured(kernel, victim="computes", seconds=2.5)[VMSTAT] == 0


@pytest.mark.parametrize("one_step", [False, True])
def test_5_10_looks_at_numa_events_where_later_releases_look_at_remainders(measured, one_step):
    """A page that leaves a list and returns to it leaves no remainder, but a NUMA hit."""

    def works(kernel, seconds):
        return measured(kernel, victim="gives-back", seconds=seconds, one_step=one_step)[KWORKER]

    assert [works("v5.10.y", seconds) for seconds in (2.9, 6.5)] == [2, 4]
    assert [works("v5.15", seconds) for seconds in (2.9, 6.5)] == [2, 2]


@pytest.mark.parametrize(("kernel", "decays"), [("v6.2", False), ("v6.7", True), ("v7.2", True)])
def test_from_6_7_on_vmstat_lowers_the_limit_of_lists_that_nobody_uses(
    make_cell, more, kernel, decays
):
    """decay_pcp_high: an eighth less each second, and what is then too much is freed."""

    def parked(begin_s, seconds):
        machine = {"memory_bytes": 1 << 30, "isolated": (), "nohz_full": False, "isolcpus": False}
        cell = make_cell(
            kernel=kernel,
            machine=machine,
            busy="bulk",
            busy_parameters={"most": 20_000, "rounds": 1},
            drains_per_s=0.0,
            warm_up_ns=begin_s * SECOND_NS,
            time_ns=seconds * SECOND_NS,
        )
        only = dataclasses.replace(cell.workloads[0], cpus=(0,))
        return run_cell(dataclasses.replace(cell, workloads=(only,)), more).metrics

    early, late = parked(0, 1), parked(12, 1)
    kept = late["memory.parked_pages.mean"] / early["memory.parked_pages.max"]
    assert kept < 0.6 if decays else kept > 0.6


@pytest.mark.parametrize("kernel", ["v5.15", "v6.7"])
def test_a_throttled_fifo_task_is_off_for_the_rest_of_the_period(measured, kernel):
    """950 of 1000 ms are the FIFO task's: the kworker comes in the last 50, the task stays off."""
    metrics = measured(
        kernel,
        **FIFO_LOOP,
        seconds=2.0,
        drains_per_s=2.0,
        machine={"isolcpus": False, "nohz_full": False},
    )
    assert metrics["isolated.max_single_noise_ns"] == pytest.approx(50e6, rel=0.02)
    assert metrics["drain.latency_ns.max"] <= 950e6 + 1e6


@pytest.mark.parametrize("kernel", ["v6.12.y", "v7.2"])
def test_the_deadline_server_lets_a_kworker_in_and_the_task_back_at_once(measured, kernel):
    """dl_server_start: 950 ms after it became runnable, wherever in a second that is."""
    metrics = measured(
        kernel,
        **FIFO_LOOP,
        seconds=3.5,
        drains_per_s=1.0,
        machine={"isolcpus": True, "nohz_full": True},
    )
    assert metrics["drain.completed"] >= 1
    assert metrics["drain.latency_ns.max"] == pytest.approx(950e6, rel=0.01)
    assert metrics["isolated.max_single_noise_ns"] < 100e3


def test_a_normal_grace_period_lasts_two_ticks_at_least(measured):
    metrics = measured(
        strategy="rcu-swap",
        parameters={"expedited": False},
        busy="memory-pressure",
        victim="user-loop",
        drains_per_s=10.0,
        seconds=1.0,
    )
    jiffy_ns = SECOND_NS / 250
    assert metrics["drain.grace_periods"] >= 10
    # From the next tick on, and then to the second: one jiffy at least, two where all is quiet.
    assert jiffy_ns < metrics["drain.latency_ns.mean"] < 2.5 * jiffy_ns


def test_lru_drains_are_told_from_drains_of_lists(measured):
    metrics = measured(strategy="spinlock-trylock", busy="asks", victim="isolated-loop")
    assert metrics[BY + "cause.lru"] > 0
    assert metrics[BY + "cause.drain"] == 0
    assert (
        metrics[KWORKER] + metrics[BY + "mechanism.ipi"] + metrics[TICK]
        == metrics["isolated.interruptions"]
    )


@pytest.mark.parametrize(("strategy", "masked"), [("ipi", True), ("spinlock-trylock", False)])
def test_an_interrupt_waits_for_the_end_of_a_masked_section(make_cell, more, strategy, masked):
    """No tick begins in a call on the own list with interrupts off; in others some do."""
    cell = make_cell(
        strategy,
        busy="repeat",
        busy_parameters={"rate": 10_000_000},
        machine={"isolated": (), "nohz_full": False, "isolcpus": False},
        drains_per_s=0.0,
        warm_up_ns=0,
        time_ns=20_000_000,
    )
    log = EventLog(shortest_call_ps=0, most=1 << 22)
    alone = dataclasses.replace(cell, workloads=cell.workloads[:1])
    assert run_cell(alone, more, log=log).status == "ok"
    calls = {
        cpu: sorted((e.begin_ps, e.end_ps) for e in log.events if e.cpu == cpu and e.kind in CALLS)
        for cpu in (0, 1, 2)
    }
    ticks = [event for event in log.events if event.kind == "handler" and event.cpu in calls]
    inside = 0
    for tick in ticks:
        before = bisect.bisect_left(calls[tick.cpu], (tick.begin_ps, 0)) - 1
        inside += before >= 0 and tick.begin_ps < calls[tick.cpu][before][1]
    assert len(ticks) >= 12
    assert inside == 0 if masked else inside > 1


def test_a_busy_cpus_kworker_waits_as_published_and_an_isolated_ones_does_not(make_cell, more):
    """schbench (M. Gorman): half within 7.2 us, nine of ten within 47 us, one of a hundred not
    within 120; a call in the kernel may come on top."""
    cell = make_cell(
        busy="page-fault",
        victim="dirty",
        drains_per_s=2000.0,
        machine={"nohz_full": False},
        warm_up_ns=0,
        time_ns=400_000_000,
    )
    log = EventLog()
    assert run_cell(cell, more, log=log).status == "ok"
    waits = [e for e in log.events if e.kind == "wake_up" and ROLES[e.flag] == "kworker"]
    busy_us = sorted(e.length_ps / 1e6 for e in waits if e.cpu in (1, 2))
    assert len(busy_us) > 400
    share = [sum(us <= limit for us in busy_us) / len(busy_us) for limit in (7.2, 47, 120)]
    assert 0.35 < share[0] < 0.55 and 0.8 < share[1] < 0.95 and 0.95 < share[2] < 1
    idle_us = load_profile(more.hardware["epyc-7742"]).costs["kworker_wake_idle"].value_ns / 1000
    assert {e.length_ps / 1e6 for e in waits if e.cpu == 3} == {idle_us}
