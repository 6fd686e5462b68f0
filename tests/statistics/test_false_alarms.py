"""One strategy in two arms shows its noise floor and a stated rate of false alarms."""

import math
import random

import pytest

from pcpbench.statistics import compare_cells, welch_t
from pcpbench.statistics.false_alarms import two_arms
from pcpbench.statistics.warm_up import settling, truncation


def assess(make, one, two, *, scale="difference", splits=50, **options):
    results = [*make.arm("x (A)", one), *make.arm("x (B)", two, first_seed=100)]
    return two_arms(
        results,
        labels=("x (A)", "x (B)"),
        metrics={"noise": make.metric(scale=scale)},
        primary=["noise"],
        margins={},
        splits=splits,
        **options,
    )


def test_the_noise_floor_is_half_of_the_interval_between_the_arms(make):
    one = make.noise(100)
    two = [v + 10 for v in one]  # the same spread, so that the pooled one is known
    found = assess(make, one, one)
    interval = welch_t(one, one, 1.0)
    (floor,) = found.floors
    half = (interval.high - interval.low) / 2
    # The pooled deviation of both arms together has one degree of freedom more.
    assert floor.floor == pytest.approx(half * math.sqrt(18 / 19), rel=1e-9)
    assert assess(make, one, two).floors[0].floor > floor.floor


def test_a_ratio_has_a_relative_floor(make):
    (floor,) = assess(make, make.noise(100), make.noise(100, seed=2), scale="ratio").floors
    assert 0.005 < floor.floor < 0.02


@pytest.mark.parametrize(
    ("values", "scale", "floor", "why"),
    [
        ([5.0] * 4, "difference", 0.0, ""),
        ([1.0, None, 2.0], "difference", None, "some replicates lack it"),
        ([1.0, 0.0, 2.0], "ratio", None, "a ratio needs values above 0"),
        ([1.0], "difference", None, "fewer than two replicates"),
    ],
)
def test_what_has_no_noise_or_no_value_says_so(make, values, scale, floor, why):
    (found,) = assess(make, values, values, scale=scale).floors
    assert (found.floor, found.why) == (floor, why)


def test_splits_of_one_strategy_raise_about_5_percent_of_alarms(make):
    found = assess(make, make.noise(100, n=20), make.noise(100, n=20, seed=2), splits=600).alarms
    assert (found.splits, found.tested) == (600, 600)
    assert 0.02 <= found.single / found.tested <= 0.08
    assert found.any_primary == found.single  # a single comparison needs no correction


def test_an_arm_that_differs_is_a_false_alarm_of_the_arms(make):
    found = assess(make, make.noise(100), make.noise(200, seed=2))
    (alarm,) = found.differing
    assert (alarm.verdict, alarm.paired) == ("worse", False)


def test_equal_values_raise_no_alarm_and_are_not_tested(make):
    found = assess(make, [5.0] * 4, [5.0] * 4)
    assert found.differing == ()
    assert (found.alarms.tested, found.alarms.any_primary) == (0, 0)


def alarms_after_correction(make, *, runs, seed):
    """Share of A/A experiments with six primary metrics in which any differs."""
    generator = random.Random(seed)
    names = [f"m{i}" for i in range(6)]
    metrics = {name: make.metric(name, margin=0.0) for name in names}
    alarms = 0
    for _ in range(runs):
        arms = [[{n: generator.gauss(0, 1) for n in names} for _ in range(10)] for _ in range(2)]
        found = compare_cells(
            [*make.arm("old", arms[0]), *make.arm("new", arms[1])],
            baseline="old",
            metrics=metrics,
            primary=names,
            margins={},
        )
        alarms += any(c.verdict != "inconclusive" for c in found)
    return alarms / runs


@pytest.mark.full
def test_false_alarms_after_correction_are_at_most_5_percent_of_5000_runs(make):
    # Holm's promise is "at most"; the standard error is 0.3 %.
    assert alarms_after_correction(make, runs=5000, seed=1) <= 0.056


def test_a_series_that_begins_high_is_cut_where_it_has_come_down():
    assert truncation([90, 60, 30, 11, 10, 9, 10, 11, 9, 10, 11, 9, 10, 10, 9, 11]) == 3
    assert truncation([10, 11, 9, 10, 11, 9, 10, 10, 9, 11]) <= 2


def test_a_series_that_never_settles_says_so():
    rising = list(range(16))
    assert truncation(rising) is None
    found = settling("noise", [rising, rising], 10)
    assert found.settled_ns is None and not found.enough(1000)


def test_settling_takes_the_mean_over_seeds_and_is_beside_the_warm_up():
    one = [50, 10, 12, 8, 10, 12, 8, 10, 10, 10]
    two = [70, 10, 8, 12, 10, 8, 12, 10, 10, 10]
    found = settling("noise", [one, two], 10)
    assert found.means[:3] == (60, 10, 10)
    assert found.settled_ns == 10
    assert found.enough(10) and not found.enough(9)


@pytest.mark.parametrize(
    ("series", "why"),
    [([[1.0, None] * 8], "some windows have no value"), ([[1, 2, 3]], "too few windows")],
)
def test_a_series_with_gaps_or_too_short_is_not_judged(series, why):
    found = settling("noise", series, 10)
    assert (found.why, found.settled_ns, found.enough(10**9)) == (why, None, False)
