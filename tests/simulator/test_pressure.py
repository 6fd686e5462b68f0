"""Memory pressure: the kernel's order of events, from the watermarks to a counted failure."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def pressed(make_cell, run):
    """A cell in which nothing but pressure asks for drains."""
    hard = {"rate": 1e6, "calm": 0, "burst_faults": 0.9}
    return run(make_cell("workqueue", drains_per_s=0.0, busy_parameters=hard))


def test_pressure_alone_causes_drains(pressed):
    assert pressed.metrics["drain.asked"] > 10
    assert pressed.metrics["drain.pages"] > 0


def test_reclaimed_pages_are_parked_so_that_the_retry_fails_and_the_drain_comes(pressed):
    assert pressed.metrics["reclaim.direct_pages"] > 0
    assert pressed.metrics["reclaim.retries"] > 0


def test_kswapd_works_beside_direct_reclaim(pressed):
    assert pressed.counters["kswapd_pages"] > pressed.counters["reclaim_direct_pages"] / 10


def test_working_sets_that_fit_cause_no_reclaim_and_no_drain(make_cell, run):
    calm = run(
        make_cell(drains_per_s=0.0, busy_parameters={"working_set": 0.2, "churn_blocks": 64})
    )
    assert calm.metrics["reclaim.direct_pages"] == 0
    assert calm.metrics["drain.asked"] == 0


def test_with_nothing_to_reclaim_allocations_fail_and_are_counted(make_cell, run):
    result = run(make_cell(busy="filler", drains_per_s=0.0, warm_up_ns=0))
    assert result.metrics["alloc.failures"] > 0
    assert result.counters["alloc_pages"] <= (64 << 20) // 4096
