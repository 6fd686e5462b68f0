"""The series of per-cpu spinlocks by its steps: the locks alone, and draining from afar."""

from __future__ import annotations

import pytest


def test_both_steps_cost_the_same_and_only_the_last_leaves_the_target_alone(make_cell, run):
    found = {
        remote: run(make_cell("spinlock", parameters={"remote": remote}, victim="isolated-loop"))
        for remote in (False, True)
    }
    works, afar = found[False].metrics, found[True].metrics
    assert works["alloc.latency_ns.p50"] == pytest.approx(afar["alloc.latency_ns.p50"], rel=0.01)
    assert works["drain.pages"] > 0
    assert afar["drain.pages"] > 0
    by_drains = "isolated.interruptions.by_mechanism.kworker"
    assert works[by_drains] > 10
    assert works["drain.ipis"] > 0
    assert afar["drain.ipis"] == 0
    assert afar[by_drains] <= 1  # vmstat's
