"""A run hits a published number if its mean lies within the tolerance."""

import pytest

from pcpbench.statistics import paired_t
from pcpbench.statistics.reference import (
    Reference,
    reference_of,
    reference_rows,
    references_of,
)


def published(**fields):
    given = {"name": "n", "metric": "noise", "source": "s", "low": 100.0, "high": 100.0, **fields}
    return Reference(**given)


def rows(make, reference, results, **metric):
    return reference_rows([reference], results, {"noise": make.metric(**metric)})


@pytest.mark.parametrize(
    ("mean", "fields", "outcome"),
    [
        (100, {}, "hit"),
        (101, {}, "miss"),
        (109, {"tolerance": 0.1, "relative": True}, "hit"),
        (111, {"tolerance": 0.1, "relative": True}, "miss"),
        (103, {"tolerance": 3.0}, "hit"),
        (95, {"low": 90.0}, "hit"),
        (89, {"low": 90.0}, "miss"),
        (82, {"low": 90.0, "tolerance": 0.1, "relative": True}, "hit"),
    ],
)
def test_the_mean_hits_a_value_or_range_within_its_tolerance(make, mean, fields, outcome):
    values = [mean - 1.0, mean + 0.0, mean + 1.0]
    (row,) = rows(make, published(**fields), make.arm("x", values))
    assert (row.outcome, row.measured, row.n) == (outcome, mean, 3)
    by_hand = paired_t(values, 0.0)
    assert (row.low, row.high) == (by_hand.low, by_hand.high)


def test_negative_numbers_have_their_tolerance_on_both_sides():
    found = published(low=-100.0, high=-50.0, tolerance=0.1, relative=True).accepted
    assert found == pytest.approx((-110.0, -45.0))


def test_a_change_of_a_ratio_is_that_of_the_comparison(make):
    results = [*make.arm("old", [100, 200, 400]), *make.arm("new", [90, 181, 359])]
    change = published(low=-0.1, high=-0.1, tolerance=0.01, against="old")
    (row,) = rows(make, change, results, scale="ratio", margin=0.1)
    assert row.strategy == "new"
    assert row.measured == pytest.approx(-0.1, abs=0.005) and row.outcome == "hit"
    assert row.low < row.measured < row.high


def test_a_change_of_a_metric_that_may_be_0_is_that_of_its_means(make):
    results = [*make.arm("old", [10, 30]), *make.arm("new", [20, 40])]
    (row,) = rows(make, published(low=0.5, high=0.5, against="old"), results)
    assert (row.measured, row.outcome, row.low) == (0.5, "hit", None)
    results = [*make.arm("old", [0, 0]), *make.arm("new", [20, 40])]
    (row,) = rows(make, published(low=0.5, high=0.5, against="old"), results)
    assert row.outcome == "no value" and "has 0" in row.why


def test_selectors_choose_the_rows(make):
    results = [
        *make.arm("old", [100, 100]),
        *make.arm("new", [100, 100]),
        *make.arm("new", [100, 100], scenario="t"),
        *make.arm("new", [100, 100], sweep=(("machine.cpus", 4),)),
    ]

    def chosen(**fields):
        found = rows(make, published(**fields), results)
        return [(r.strategy, r.setting.scenario, r.setting.sweep) for r in found if r.setting]

    assert len(chosen()) == 4
    assert chosen(strategy="old") == [("old", "s", ())]
    assert chosen(scenario="t") == [("new", "t", ())]
    assert chosen(sweep=(("machine.cpus", 4),)) == [("new", "s", (("machine.cpus", 4),))]
    assert len(chosen(hardware="hw", kernel="k")) == 4
    assert chosen(hardware="another") == []


def test_a_reference_that_concerns_no_cell_has_a_row_that_says_so(make):
    (row,) = rows(make, published(strategy="none"), make.arm("x", [1, 2]))
    assert (row.outcome, row.setting, row.measured) == ("no value", None, None)
    assert row.why == "no cell of this run is of this kind"


@pytest.mark.parametrize(
    ("value", "status", "why"), [(None, "ok", "few samples"), (1, "failed", "a cell failed")]
)
def test_failed_cells_and_missing_values_are_no_hit(make, value, status, why):
    results = [make.result("x", 1, 100), make.result("x", 2, value, status=status)]
    (row,) = rows(make, published(), results)
    assert (row.outcome, row.why) == ("no value", why)


def test_constant_values_and_single_replicates_have_no_interval(make):
    for values in ([100, 100, 100], [100]):
        (row,) = rows(make, published(), make.arm("x", values))
        assert (row.outcome, row.low, row.high) == ("hit", None, None)


def test_references_come_back_from_a_run_file():
    from dataclasses import asdict

    reference = published(sweep=(("machine.cpus", 4),), against="old")
    value = asdict(reference)
    value["sweep"] = [["machine.cpus", 4]]  # as JSON has it
    assert reference_of(value) == reference
    assert references_of({"reference": [value]}) == (reference,)
    assert references_of({}) == ()
