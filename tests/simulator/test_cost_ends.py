"""A cell may take groups of a profile's costs at an end of their range."""

from __future__ import annotations

import dataclasses

import pytest

from pcpbench.hardware.profile import load_profile
from pcpbench.simulator.run import run_cell


def fast_path_ps(make_cell, run, *ends):
    cell = make_cell(busy="repeat", drains_per_s=0.0, time_ns=20_000_000)
    cell = dataclasses.replace(cell, cost_ends=ends)
    return run(cell).metrics["alloc.fast_path_ns"] * 1000


@pytest.mark.parametrize("end", ["low", "high"])
def test_the_costs_of_a_group_move_and_the_others_stay(make_cell, run, registry, end):
    profile = load_profile(registry.hardware["epyc-7742"])
    moved = fast_path_ps(make_cell, run, ("masking", end)) - fast_path_ps(make_cell, run)
    expected = profile.costs["irq_save_restore"].ps(end) - profile.costs["irq_save_restore"].ps()
    assert moved == pytest.approx(expected, abs=10)
    assert fast_path_ps(make_cell, run, ("RCU", end)) == fast_path_ps(make_cell, run)


@pytest.mark.parametrize("ends", [("no such group", "low"), ("RCU", "middle")])
def test_an_unknown_group_or_end_fails_the_cell(make_cell, registry, ends):
    cell = dataclasses.replace(make_cell(), cost_ends=(ends,))
    result = run_cell(cell, registry)
    assert result.status == "failed"
    assert f"the costs '{ends[0]}' have no end '{ends[1]}'" in result.error


def test_a_single_number_takes_its_place_in_the_range(make_cell, run, registry):
    profile = load_profile(registry.hardware["epyc-7742"])
    cell = make_cell(busy="repeat", drains_per_s=0.0, time_ns=20_000_000)
    places = (("irq_save_restore", 7500), ("rcu_handler", 0))
    placed = dataclasses.replace(cell, cost_places=places)
    moved, plain = (run(c).metrics["alloc.fast_path_ns"] * 1000 for c in (placed, cell))
    cost = profile.costs["irq_save_restore"]
    assert moved - plain == pytest.approx(cost.at(7500) - cost.ps(), abs=10)
    assert cost.at(7500) > cost.ps()


def test_a_number_that_no_profile_has_fails_the_cell(make_cell, registry):
    cell = dataclasses.replace(make_cell(), cost_places=(("no such cost", 5000),))
    result = run_cell(cell, registry)
    assert (result.status, "no profile has the cost 'no such cost'" in result.error) == (
        "failed",
        True,
    )
