"""A gate fails what is surely worse than its tolerance, and passes what surely is not."""

import random

import pytest

from pcpbench.statistics import compare_cells
from pcpbench.statistics.gate import Gate, gate_of


def gate(make, change, *, tolerance, spread=0.5, scale="difference", better="lower", n=10):
    metric = make.metric(scale=scale, better=better)
    old = make.noise(100, n=n, spread=spread)
    new = [o + d for o, d in zip(old, make.noise(change, n=n, spread=spread, seed=5), strict=True)]
    results = [*make.arm("old", old), *make.arm("new", new)]
    compared = compare_cells(
        results,
        baseline="old",
        metrics={"noise": metric},
        primary=["noise"],
        margins={"noise": tolerance},
    )
    return gate_of(compared, {"noise": metric})


@pytest.mark.parametrize(
    ("change", "tolerance", "outcome"),
    [
        (0, 1.0, "pass"),  # equivalent
        (-20, 1.0, "pass"),  # better
        (5, 1.0, "fail"),  # worse by more than the tolerance
        (0.5, 1.0, "pass"),  # surely worse, and surely by less
        (1.0, 1.1, "undecided"),  # surely worse, perhaps by more
    ],
)
def test_the_outcome_follows_from_the_change_and_the_tolerance(make, change, tolerance, outcome):
    found = gate(make, change, tolerance=tolerance)
    assert (found.verdict, found.rows[0].outcome) == (outcome, outcome)


def test_what_the_replicates_cannot_settle_is_undecided(make):
    assert gate(make, 0, tolerance=1.0, spread=30).verdict == "undecided"


def test_an_interval_without_a_worse_end_beyond_the_tolerance_passes_though_inconclusive(make):
    found = gate(make, -3, tolerance=4.0, spread=6)
    assert found.rows[0].comparison.verdict == "inconclusive"
    assert found.rows[0].outcome == "pass"


def test_where_higher_is_better_a_decrease_fails(make):
    assert gate(make, -5, tolerance=1.0, better="higher").verdict == "fail"
    assert gate(make, 5, tolerance=1.0, better="higher").verdict == "pass"


@pytest.mark.parametrize("change", [-5, 5])
def test_without_a_better_direction_any_difference_fails(make, change):
    assert gate(make, change, tolerance=1.0, better="neither").verdict == "fail"


def test_ratios_are_gated_by_their_relative_change(make):
    assert gate(make, 5, tolerance=0.02, scale="ratio").verdict == "fail"
    assert gate(make, 1, tolerance=0.05, scale="ratio").verdict == "pass"


@pytest.mark.parametrize(("new", "outcome"), [(5, "pass"), (6, "fail"), (4, "pass")])
def test_exact_values_are_gated_exactly(make, new, outcome):
    metrics = {"noise": make.metric()}
    compared = compare_cells(
        [*make.arm("old", [5] * 3), *make.arm("new", [new] * 3)],
        baseline="old",
        metrics=metrics,
        primary=["noise"],
        margins={"noise": 0.0},
    )
    assert gate_of(compared, metrics).verdict == outcome


def test_failed_cells_and_missing_values_are_undecided(make):
    metrics = {"noise": make.metric()}
    for values, status in (([1, 2, None], "ok"), ([1, 2, 3], "failed")):
        results = [*make.arm("old", [1, 2, 3]), *make.arm("new", values, status=status)]
        compared = compare_cells(
            results, baseline="old", metrics=metrics, primary=["noise"], margins={}
        )
        found = gate_of(compared, metrics)
        assert found.verdict == "undecided" and found.rows[0].why


def test_one_failure_fails_the_gate_and_no_row_decides_nothing(make):
    rows = [gate(make, change, tolerance=1.0).rows[0] for change in (0, 5)]
    assert Gate(rows=tuple(rows)).verdict == "fail"
    assert Gate(rows=()).verdict == "undecided"


def test_a_gate_lets_a_change_beyond_its_tolerance_pass_in_at_most_5_percent():
    generator = random.Random(8)
    from types import SimpleNamespace

    metrics = {"noise": SimpleNamespace(name="noise", scale="difference", better="lower", margin=1)}
    passed = 0
    for _ in range(600):
        results = [
            SimpleNamespace(
                cell=SimpleNamespace(
                    hardware="h",
                    kernel="k",
                    scenario="s",
                    sweep=(),
                    strategy=SimpleNamespace(label=label),
                    seed=seed,
                ),
                status="ok",
                metrics={"noise": generator.gauss(mean, 0.5)},
                null_reasons={},
            )
            for label, mean in (("old", 0.0), ("new", 1.0))
            for seed in range(10)
        ]
        compared = compare_cells(
            results, baseline="old", metrics=metrics, primary=["noise"], margins={}
        )
        passed += gate_of(compared, metrics).verdict == "pass"
    assert passed / 600 <= 0.07
