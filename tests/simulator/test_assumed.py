"""Metrics that are declared *assumed* pass numbers of the profile through; the others do not."""

from __future__ import annotations

import dataclasses

import pytest

from pcpbench.hardware.profile import load_profile
from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.report.assumed import RESOLUTION, TIMES

DECLARED = {metric.name: metric for metric in BUILT_IN}


def test_medians_of_calls_are_sums_of_the_profiles_numbers(make_cell, run, registry):
    profile = load_profile(registry.hardware["epyc-7742"])
    costs = {key: cost.value_ns for key, cost in profile.costs.items()}
    metrics = run(make_cell(busy="repeat", drains_per_s=0.0, time_ns=20_000_000)).metrics
    alloc_ns = costs["alloc_path"] + costs["irq_save_restore"]
    free_ns = costs["free_path"] + costs["irq_save_restore"]
    assert metrics["alloc.fast_path_ns"] == pytest.approx(alloc_ns, rel=0.002)
    assert metrics["alloc.latency_ns.p50"] == pytest.approx(alloc_ns, abs=0.05)
    assert metrics["free.latency_ns.p50"] == pytest.approx(free_ns, abs=0.05)
    for name in ("alloc.fast_path_ns", "alloc.latency_ns.p50", "free.latency_ns.p50"):
        assert DECLARED[name].assumed


def test_a_refills_median_moves_with_the_profile_and_a_flushs_with_what_happens(make_cell, run):
    """Dearer reclaim changes when lists are flushed, and so how much at once; never a refill."""
    cell = make_cell(time_ns=100_000_000)
    plain = run(cell).metrics
    reclaim = run(dataclasses.replace(cell, cost_ends=(("reclaim", "low"),))).metrics
    holds = run(dataclasses.replace(cell, cost_ends=(("zone lock holds", "high"),))).metrics
    refill, flush = "zone_lock.refill_ns.p50", "zone_lock.flush_ns.p50"
    assert reclaim[refill] == pytest.approx(plain[refill], rel=0.02)
    assert holds[refill] > 1.3 * plain[refill]
    assert abs(reclaim[flush] / plain[flush] - 1) > 0.05
    assert DECLARED[refill].assumed and not DECLARED[flush].assumed


def test_times_that_are_not_declared_assumed_depend_on_the_seed_under_pressure(make_cell, run):
    """Not the same under three seeds; under two a quantile may share its bucket by chance."""
    # The isolated CPU keeps touching pages, so that what it meets differs.
    cells = [make_cell(seed=seed, victim="isolated-loop") for seed in (1, 2, 3)]
    found = [run(cell).metrics for cell in cells]
    all_have = [
        name
        for name, metric in DECLARED.items()
        if metric.unit in TIMES
        and not metric.assumed
        and min(metrics[name] or 0 for metrics in found) >= RESOLUTION
    ]
    assert len(all_have) > 15
    same = [name for name in all_have if len({metrics[name] for metrics in found}) == 1]
    assert same == []
