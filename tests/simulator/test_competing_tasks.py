"""What runnable tasks and FIFO jobs take from a workload, and how drains wait for them."""

from __future__ import annotations

import pytest

JIFFY_NS = 4_000_000
KERNELS = {"cfs": "v5.15", "eevdf": "v6.12.y"}


def calls_per_s(run, make_cell, kernel: str = "v5.15", **machine: float) -> float:
    cell = make_cell(
        busy="repeat", kernel=kernel, machine=machine, drains_per_s=0.0, time_ns=1_000_000_000
    )
    return run(cell).metrics["throughput_calls_per_s"]


@pytest.mark.parametrize("kernel", KERNELS.values())
@pytest.mark.parametrize("runnable", [2, 5])
def test_the_workload_has_the_fair_share_of_one_of_the_runnable_tasks(
    make_cell, run, kernel, runnable
):
    alone = calls_per_s(run, make_cell, kernel)
    among = calls_per_s(run, make_cell, kernel, runnable=runnable)
    assert among == pytest.approx(alone / runnable, rel=0.03)


def test_fifo_jobs_take_their_share_of_each_cpu(make_cell, run):
    alone = calls_per_s(run, make_cell)
    beside = calls_per_s(run, make_cell, fifo_load=0.3, fifo_run_ns=200_000)
    assert beside == pytest.approx(0.7 * alone, rel=0.05)


def test_tasks_elsewhere_leave_an_isolated_cpu_alone(make_cell, run):
    def noise_ns(**machine: float) -> float:
        cell = make_cell("spinlock-trylock", busy="repeat", machine=machine, drains_per_s=0.0)
        return run(cell).metrics["isolated.noise_ns"]

    assert noise_ns(runnable=8, fifo_load=0.5) == noise_ns()


def latency_ns(run, make_cell, statistic: str, strategy: str, kernel: str, runnable: int) -> float:
    calls = {"rate": 2_000_000.0, "calls": 40_000, "calm": 0}
    cell = make_cell(
        strategy,
        kernel=kernel,
        busy_parameters=calls,
        machine={"runnable": runnable, "isolated": (), "cpus": 4, "nohz_full": False},
        victim="memory-pressure",
        victim_parameters=calls,
        drains_per_s=0.0,
        warm_up_ns=0,
        time_ns=3_000_000_000,
    )
    value = run(cell).metrics[f"drain.latency_ns.{statistic}"]
    assert value is not None
    return value


@pytest.mark.parametrize("kernel", KERNELS.values())
def test_who_waits_for_works_stands_in_line_behind_every_runnable_task(make_cell, run, kernel):
    longest = {n: latency_ns(run, make_cell, "max", "workqueue", kernel, n) for n in (1, 4, 16)}
    # A turn ends at a tick: one round of sixteen tasks takes fifteen jiffies, and no more often
    # than now and then a drain stands in line twice.
    assert longest[1] < 2 * JIFFY_NS
    assert 2 * JIFFY_NS < longest[4] < 2 * 8 * JIFFY_NS
    assert 10 * JIFFY_NS < longest[16] < 3 * 16 * JIFFY_NS


def test_a_drain_that_never_sleeps_does_not_stand_in_line(make_cell, run):
    assert latency_ns(run, make_cell, "max", "spinlock-trylock", "v5.15", 16) < JIFFY_NS


def test_with_cfs_a_kworker_that_slept_goes_before_tasks_that_ran_with_eevdf_it_waits(
    make_cell, run
):
    def median_ns(kernel: str) -> float:
        cell = make_cell(
            kernel=kernel,
            busy="repeat",
            busy_parameters={"rate": 1000.0},
            machine={"runnable": 6},
            drains_per_s=20.0,
            time_ns=4_000_000_000,
        )
        return run(cell).metrics["drain.latency_ns.p50"]

    # The request itself comes from a task of its own, which slept: with CFS nobody stands in line.
    assert median_ns(KERNELS["cfs"]) < JIFFY_NS < median_ns(KERNELS["eevdf"])


def test_a_fifo_job_keeps_a_kworker_waiting(make_cell, run):
    jobs = {"fifo_load": 0.2, "fifo_run_ns": 8_000_000}
    cell = make_cell(busy="repeat", machine=jobs, drains_per_s=20.0, time_ns=2_000_000_000)
    assert run(cell).histograms["drain.latency"].max_ps / 1000 > 8_000_000
