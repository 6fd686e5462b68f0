"""A cell may take groups of a profile's costs at an end of their range."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pcpbench.hardware.profile import load_profile
from pcpbench.hardware.uncertainty import NUMBERS
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


# Cells that are carried out in other ways. All numbers of the first machine
# have a range; the second has clusters.
WAYS: list[dict[str, Any]] = [
    {"hardware": "thunderx2", "busy": "memory-pressure", "drains_per_s": 500.0},
    {"hardware": "kunpeng-920", "strategy": "rcu-swap", "busy": "memory-pressure"},
    {"hardware": "thunderx2", "strategy": "ipi", "busy": "user-loop"},
    {"hardware": "thunderx2", "strategy": "static-key-spinlock", "busy": "repeat"},
    {"hardware": "thunderx2", "strategy": "spinlock-trylock", "busy": "repeat"},
    {"hardware": "thunderx2", "busy": "thp"},
    {"hardware": "thunderx2", "busy": "bulk", "busy_parameters": {"most": 4000}},
    {
        "hardware": "thunderx2",
        "busy": "repeat",
        "victim": "isolated-loop",
        "time_ns": 1_100_000_000,
    },
]


def test_every_number_of_a_profile_changes_what_is_simulated(make_cell, run):
    """Else it would be a dead number; each is put at the high end of its range by itself."""
    left = set(NUMBERS)
    for way in WAYS:
        machine = {"cpus": 66, "nohz_full": False}
        if way["hardware"] == "kunpeng-920":
            machine["nodes"] = 2
        settings = {"time_ns": 30_000_000, "warm_up_ns": 1_000_000, "machine": machine, **way}
        cell = make_cell(settings.pop("strategy", "workqueue"), **settings)
        busy, victim = cell.workloads
        # CPUs 0 to 31 are of the first socket, 32 to 63 of the second, 64 a sibling of 0.
        spread = (dataclasses.replace(busy, cpus=(0, 1, 2, 33, 64)), victim)
        cell = dataclasses.replace(cell, workloads=spread)
        plain = run(cell)
        for number in sorted(left):
            high = run(dataclasses.replace(cell, cost_places=((number, 10_000),)))
            if (high.counters, high.histograms) != (plain.counters, plain.histograms):
                left.remove(number)
    assert left == set()
