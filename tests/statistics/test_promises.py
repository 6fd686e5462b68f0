"""Intervals cover and tests err as often as they say: by simulation, with fixed seeds.

The quick versions run always; those marked ``full`` repeat them with more samples and shapes.
"""

import math
import random

import pytest

from pcpbench.statistics import paired_t, welch_t
from pcpbench.statistics.looks import Until, enough, looks
from pcpbench.statistics.student import quantile_t

EULER = 0.5772156649015329


def t3(generator):
    return generator.gauss(0, 1) / math.sqrt(generator.gammavariate(1.5, 2) / 3)


def gumbel(generator):
    return -math.log(-math.log(generator.random())) - EULER


def normal(generator):
    return generator.gauss(0, 1)


# Shape, its standard deviation, and the least and largest share of intervals that may cover.
SHAPES = {
    "normal": (normal, 1.0, 0.93, 0.97),
    "t3": (t3, math.sqrt(3), 0.93, 0.97),
    "gumbel": (gumbel, math.pi / math.sqrt(6), 0.92, 0.97),
}


def coverage(shape, n, *, repeats):
    """Share of intervals that hold the true mean, 0."""
    generator = random.Random(n)
    hits = 0
    for _ in range(repeats):
        found = paired_t([shape(generator) for _ in range(n)], 1.0)
        hits += found.low <= 0 <= found.high
    return hits / repeats


@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("name", SHAPES)
def test_intervals_hold_the_mean_as_often_as_they_say(name, n):
    shape, _, least, most = SHAPES[name]
    assert least <= coverage(shape, n, repeats=2000) <= most


@pytest.mark.full
@pytest.mark.parametrize("n", [10, 20, 40])
@pytest.mark.parametrize("name", SHAPES)
def test_intervals_hold_the_mean_as_often_as_they_say_in_20000_samples(name, n):
    shape, _, least, most = SHAPES[name]
    assert least <= coverage(shape, n, repeats=20_000) <= most


def coverage_until(shape, width, *, repeats, seed):
    """The same where the number of replicates follows from the interval's width, as in a run."""
    generator = random.Random(seed)
    plan = looks(10, 80)
    factor = {n: 2 * quantile_t(0.975, n - 1) / math.sqrt(n) for n in plan}
    hits = 0
    for _ in range(repeats):
        values, narrow = [], []
        for n in plan:
            values += [shape(generator) for _ in range(n - len(values))]
            mean = math.fsum(values) / n
            deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
            narrow.append(factor[n] * deviation / width)
            if enough(narrow):
                break
        hits += abs(mean) <= factor[n] * deviation / 2
    return hits / repeats


# The width asked for, in standard deviations: reached after about 15, 28 and 60 replicates.
@pytest.mark.parametrize("width", [1.5, 1.0, 0.65])
@pytest.mark.parametrize("name", SHAPES)
def test_intervals_of_runs_that_stop_by_width_cover_as_well(name, width):
    shape, deviation, least, most = SHAPES[name]
    found = coverage_until(shape, width * deviation, repeats=1500, seed=width)
    # 1500 samples of 95 % have a standard error of 0.6 %.
    assert least - 0.01 <= found <= most + 0.01


@pytest.mark.full
@pytest.mark.parametrize("width", [2.0, 1.5, 1.2, 1.0, 0.9, 0.8, 0.65, 0.5])
@pytest.mark.parametrize("name", SHAPES)
def test_intervals_of_runs_that_stop_by_width_cover_in_20000_samples(name, width):
    shape, deviation, least, most = SHAPES[name]
    found = coverage_until(shape, width * deviation, repeats=20_000, seed=width)
    # Two standard errors; in 100,000 samples the least of Gumbel is 92.2 %, of the others 94.0 %.
    assert least - 0.004 <= found <= most


def false_equivalence(true_mean, *, n, repeats, seed=7):
    """How often TOST calls a mean equivalent whose margin is 1."""
    generator = random.Random(seed)
    wrong = 0
    for _ in range(repeats):
        sample = [generator.gauss(true_mean, 0.5) for _ in range(n)]
        wrong += paired_t(sample, 1.0).p_equivalence <= 0.05
    return wrong / repeats


@pytest.mark.parametrize(("true_mean", "least", "most"), [(1.0, 0.035, 0.065), (1.5, 0.0, 0.01)])
def test_the_equivalence_test_errs_as_often_as_it_says_at_the_margin(true_mean, least, most):
    assert least <= false_equivalence(true_mean, n=10, repeats=3000) <= most


@pytest.mark.full
@pytest.mark.parametrize("n", [10, 20, 40])
def test_the_equivalence_test_errs_in_5_percent_of_30000_samples(n):
    assert 0.046 <= false_equivalence(1.0, n=n, repeats=30_000) <= 0.054


def welch_alarms(sizes, deviations, *, repeats):
    generator = random.Random(3)
    alarms = 0
    for _ in range(repeats):
        arms = [
            [generator.gauss(0, s) for _ in range(n)]
            for n, s in zip(sizes, deviations, strict=True)
        ]
        alarms += welch_t(*arms, 1.0).p_difference <= 0.05
    return alarms / repeats


@pytest.mark.parametrize(("sizes", "deviations"), [((10, 10), (1, 1)), ((10, 20), (3, 1))])
def test_arms_of_different_size_and_spread_raise_5_percent_of_false_alarms(sizes, deviations):
    assert 0.035 <= welch_alarms(sizes, deviations, repeats=3000) <= 0.065


@pytest.mark.full
@pytest.mark.parametrize(
    ("sizes", "deviations"), [((10, 10), (1, 1)), ((10, 20), (3, 1)), ((20, 10), (3, 1))]
)
def test_arms_of_different_size_and_spread_raise_5_percent_in_30000_samples(sizes, deviations):
    assert 0.044 <= welch_alarms(sizes, deviations, repeats=30_000) <= 0.056


def test_an_until_is_at_least_ten_replicates():
    assert Until(least=10, most=80, ci_width=0.02).least == 10
    with pytest.raises(ValueError, match="10"):
        Until(least=5, most=80, ci_width=0.02)
