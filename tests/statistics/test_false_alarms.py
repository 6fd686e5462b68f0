"""One strategy in two arms shows its noise floor and a stated rate of false alarms."""

import math
import random

import numpy
import pytest
from scipy.stats import binomtest

from pcpbench.statistics import compare_cells, welch_t
from pcpbench.statistics.false_alarms import FalseAlarms, two_arms
from pcpbench.statistics.student import p_of_rows, paired_t


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


def test_the_interval_of_the_rate_is_that_of_wilson():
    found = FalseAlarms(splits=100, any_primary=10, single=10, tested=100)
    expected = binomtest(10, 100).proportion_ci(method="wilson")
    assert found.interval == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_many_samples_at_once_have_the_p_values_of_one_by_one():
    generator = random.Random(3)
    rows = [[generator.gauss(0.5, 1) for _ in range(7)] for _ in range(20)]
    expected = [paired_t(row, 0.0).p_difference for row in rows]
    assert p_of_rows(numpy.array(rows)) == pytest.approx(expected, rel=1e-12)
    assert math.isnan(p_of_rows(numpy.array([[2.0, 2.0, 2.0]]))[0])


def test_skewed_noise_of_one_metric_raises_fewer_alarms_in_its_splits(make):
    # Outliers make Student's t cautious: the rate of their splits is below the nominal one.
    one, two = make.noise(100, n=10), make.noise(100, n=10, seed=2)
    found = assess(make, [*one[:-1], 1000.0], two, splits=2000).alarms
    assert found.interval[1] < 0.05


def test_a_metric_that_some_cell_lacks_is_not_tested(make):
    found = assess(make, [*make.noise(100)[:-1], None], make.noise(100, seed=2)).alarms
    assert (found.tested, found.any_primary) == (0, 0)


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
