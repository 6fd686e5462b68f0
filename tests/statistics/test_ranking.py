"""Strategies are ranked by their mean change over all settings, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest
from scipy import stats

from pcpbench.statistics.ranking import rank


@dataclass(frozen=True)
class Strategy:
    label: str


@dataclass(frozen=True)
class Cell:
    strategy: Strategy
    scenario: str
    seed: int
    hardware: str = "h"
    kernel: str = "k"
    sweep: tuple = ()


@dataclass(frozen=True)
class Result:
    cell: Cell
    metrics: dict
    status: str = "ok"
    null_reasons: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    name: str = "m"
    better: str = "lower"
    scale: str = "difference"
    margin: float = 0.0


def results(values):
    """{strategy: {scenario: [value by seed]}}"""
    return [
        Result(Cell(Strategy(label), scenario, seed), {"m": value})
        for label, scenarios in values.items()
        for scenario, each in scenarios.items()
        for seed, value in enumerate(each)
    ]


VALUES = {
    "base": {"a": [10, 11, 12], "b": [20, 21, 22]},
    "good": {"a": [8, 10, 11], "b": [19, 18, 21]},
    "bad": {"a": [13, 12, 14], "b": [25, 24, 27]},
}


def test_the_best_stands_first_and_the_baseline_among_them():
    ranked, left_out = rank(results(VALUES), baseline="base", metric=Metric())
    assert [place.strategy for place in ranked] == ["good", "base", "bad"]
    assert left_out == ()
    upside_down, _ = rank(results(VALUES), baseline="base", metric=Metric(better="higher"))
    assert [place.strategy for place in upside_down] == ["bad", "base", "good"]


def test_the_interval_is_that_of_the_averages_over_settings():
    ranked, _ = rank(results(VALUES), baseline="base", metric=Metric())
    good = ranked[0]
    averages = [(-2 - 1) / 2, (-1 - 3) / 2, (-1 - 1) / 2]
    interval = stats.t.interval(0.95, 2, sum(averages) / 3, stats.sem(averages))
    assert good.estimate == pytest.approx(sum(averages) / 3)
    assert (good.low, good.high) == pytest.approx(interval)
    assert (good.n, good.settings) == (3, 2)


def test_ratios_are_averaged_geometrically():
    values = {
        "base": {"a": [100, 100], "b": [100, 100]},
        "mixed": {"a": [200, 200], "b": [50, 50]},
    }
    ranked, _ = rank(results(values), baseline="base", metric=Metric(scale="ratio"))
    (mixed,) = [place for place in ranked if place.strategy == "mixed"]
    assert mixed.estimate == pytest.approx(0.0)
    assert mixed.low is None


@pytest.mark.parametrize("missing", [None, 0])
def test_a_strategy_without_a_value_somewhere_is_left_out_and_named(missing):
    values = {**VALUES, "gap": {"a": [8, missing, 9], "b": [1, 2, 3]}}
    ranked, left_out = rank(results(values), baseline="base", metric=Metric(scale="ratio"))
    assert left_out == ("gap",)
    assert "gap" not in [place.strategy for place in ranked]


def test_a_strategy_that_lacks_a_setting_is_left_out():
    values = {**VALUES, "gap": {"a": [8, 9, 9]}}
    assert rank(results(values), baseline="base", metric=Metric())[1] == ("gap",)


def test_values_too_large_to_subtract_leave_a_strategy_out():
    values = {"base": {"a": [-1.7e308, 1]}, "huge": {"a": [1.7e308, 1]}}
    assert rank(results(values), baseline="base", metric=Metric())[1] == ("huge",)
    assert not math.isfinite(1.7e308 + 1.7e308)
