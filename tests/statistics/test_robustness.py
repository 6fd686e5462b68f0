"""A verdict is robust if its interval, moved as one seed moves, would say the same."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from stand_ins import METRICS, Cell, Result, Strategy, comparison

from pcpbench.statistics.robustness import with_robustness

LOW, HIGH = (("RCU", "low"),), (("RCU", "high"),)


def results(metric, at_values, low, high):
    """(old, new) values of a metric at the values, at the low and at the high ends."""
    return [
        Result(Cell(Strategy(label), cost_ends=ends), {metric: value})
        for ends, pair in (((), at_values), (LOW, low), (HIGH, high))
        for label, value in zip(("old", "new"), pair, strict=True)
    ]


def examine(one, moved):
    (found,) = with_robustness([one], moved, METRICS)
    return found.robust, found.flips


def test_a_verdict_that_stays_on_its_side_of_zero_is_robust():
    moved = results("noise", (100, 90), low=(100, 92), high=(100, 85))
    assert examine(comparison(), moved) == (True, ())


def test_a_verdict_that_crosses_zero_names_the_costs_that_do_it():
    moved = results("noise", (100, 90), low=(100, 98.5), high=(100, 85))
    assert examine(comparison(), moved) == (False, ("RCU low",))


def test_the_interval_decides_and_not_the_estimate_alone():
    # The estimate stays below zero (-1.5), the upper end does not (+0.5).
    moved = results("noise", (100, 90), low=(100, 98.5), high=(100, 90))
    assert examine(comparison(), moved)[0] is False
    narrow = comparison(low=-10.5, high=-9.5)
    assert examine(narrow, moved)[0] is True


def test_worse_is_tested_on_the_other_side():
    one = comparison(estimate=10.0, low=8.0, high=12.0, verdict="worse")
    assert examine(one, results("noise", (10, 20), (10, 13), (10, 20)))[0] is True
    assert examine(one, results("noise", (10, 20), (10, 11), (10, 20)))[0] is False


@pytest.mark.parametrize(("low_end", "robust"), [((100, 100.4), True), ((100, 100.9), False)])
def test_equivalent_holds_within_the_margin(low_end, robust):
    one = comparison(estimate=0.1, low=-0.3, high=0.5, verdict="equivalent")
    assert examine(one, results("noise", (100, 100.1), low_end, (100, 100.1)))[0] is robust


def test_ratios_move_on_the_logarithmic_scale():
    one = comparison(
        metric="latency",
        scale="ratio",
        estimate=0.10,
        low=0.08,
        high=0.12,
        margin=0.02,
        verdict="worse",
    )
    shift = math.log(1.03) - math.log(1.10)  # +10 % becomes +3 %: the low end +1.1 %
    assert math.log(1.08) + shift > 0
    assert examine(one, results("latency", (100, 110), (100, 103), (100, 110)))[0] is True
    assert examine(one, results("latency", (100, 110), (100, 101), (100, 110)))[0] is False


def test_an_exact_comparison_moves_as_a_point():
    one = comparison(scale="exact", estimate=-10.0, low=None, high=None)
    assert examine(one, results("noise", (100, 90), (100, 99), (100, 90)))[0] is True
    assert examine(one, results("noise", (100, 90), (100, 101), (100, 90)))[0] is False


@pytest.mark.parametrize(
    "moved",
    [
        [],
        results("noise", (100, 90), (100, None), (100, 90)),
        results("noise", (None, 90), (100, 90), (100, 90)),
        [replace(r, status="failed") for r in results("noise", (100, 90), (100, 90), (100, 90))],
    ],
)
def test_what_was_not_measured_is_not_called_robust(moved):
    assert examine(comparison(), moved) == (None, ())


@pytest.mark.parametrize("verdict", ["inconclusive", None])
def test_without_a_verdict_there_is_nothing_to_examine(verdict):
    moved = results("noise", (100, 90), (100, 90), (100, 90))
    assert examine(comparison(verdict=verdict), moved) == (None, ())
