"""Which cells examine the verdicts, and when they are planned."""

from __future__ import annotations

from pcpbench.experiment.robustness import LEAST_TIME_NS, robustness_cells
from pcpbench.hardware.profile import load_profile


def examined(load, text, *settings, **keywords):
    return load(text, *settings, **keywords).robustness


def test_verdicts_are_examined_from_ten_replicates_on(load, plain):
    assert examined(load, plain, "replicates=10")
    assert not examined(load, plain, "replicates=9")


def test_the_key_decides_otherwise(load, plain):
    assert examined(load, plain, "replicates=2", "robustness=true")
    assert not examined(load, plain, "replicates=10", "robustness=false")


def test_a_first_look_does_not_examine(load, plain):
    assert not examined(load, plain, "robustness=true", quick=True)


def test_another_value_is_an_error_with_its_place(complaints, plain):
    (problem,) = complaints(plain + "\nrobustness: perhaps\n")
    assert "'robustness' is not true or false" in problem


def test_each_end_of_each_group_is_one_short_cell_beside_one_at_the_values(load, plain, registry):
    experiment = load(plain)
    first = [cell for cell in experiment.cells() if cell.seed == experiment.seed]
    profiles = {name: load_profile(registry.hardware[name]) for name in experiment.hardware}
    cells = list(robustness_cells(first, profiles))
    of_one = [
        cell
        for cell in cells
        if cell.strategy == first[0].strategy
        and cell.hardware == first[0].hardware
        and cell.scenario == first[0].scenario
    ]
    assert len(of_one) * len(first) == len(cells)
    assert of_one[0].cost_ends == ()
    assert len({cell.cost_ends for cell in of_one}) == len(of_one) == 21
    assert all(cell.study == "robustness" for cell in cells)
    assert all(
        LEAST_TIME_NS <= c.time_ns < first[0].time_ns or c.time_ns == first[0].time_ns
        for c in cells
    )
    assert len(set(cells)) == len(cells)
