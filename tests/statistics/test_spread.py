"""Outliers are named, groups are found, effect sizes agree with published ones."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from pcpbench.statistics import compare_cells
from pcpbench.statistics.spread import effect_size, far_values, superiority, two_groups

SAMPLE = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30)


def test_the_effect_size_of_rs_sleep_data_is_the_published_one():
    # Cohen's d_z of R's sleep data: 1.58 / 1.229995 = 1.284558 (lsr::cohensD, method "paired");
    # Hedges' correction for 9 degrees of freedom is 1 - 3 / 35.
    assert effect_size(1.58, 1.229995, 9) == pytest.approx(1.284558 * 32 / 35, abs=5e-6)


def test_a_value_far_from_the_others_is_named_and_a_broad_sample_has_none():
    assert far_values([10, 11, 9, 10.5, 50, 9.5, 10]) == (4,)
    assert far_values([1, 2, 3, 4, 5, 6, 7, 8]) == ()


@pytest.mark.parametrize("values", [[], [1, 2, 100], [5] * 7 + [9], [3] * 10])
def test_too_few_or_mostly_equal_values_have_no_outliers(values):
    assert far_values(values) == ()


def test_normal_values_are_rarely_called_outliers_or_groups():
    generator = random.Random(4)
    samples = [[generator.gauss(0, 1) for _ in range(10)] for _ in range(2000)]
    assert sum(bool(far_values(s)) for s in samples) / 2000 <= 0.05
    assert 0.002 <= sum(two_groups(s) is not None for s in samples) / 2000 <= 0.02


@pytest.mark.parametrize("n", [7, 10, 17, 33, 100, 300])
def test_skewed_and_heavy_tailed_values_are_rarely_called_groups(n):
    generator = random.Random(n)
    for draw in (
        lambda: -math.log(-math.log(generator.random())),
        lambda: generator.gauss(0, 1) / math.sqrt(generator.gammavariate(1.5, 2) / 3),
    ):
        samples = [[draw() for _ in range(n)] for _ in range(300)]
        assert sum(two_groups(s) is not None for s in samples) / 300 <= 0.04


def test_two_groups_are_found_with_their_sizes():
    generator = random.Random(2)
    low = [generator.gauss(0, 1) for _ in range(8)]
    high = [generator.gauss(12, 1) for _ in range(12)]
    assert two_groups([*high, *low]) == (8, 12)


@pytest.mark.parametrize("values", [[], [1, 9], [0, 0, 0, 9, 9], [3.0] * 20, [1e308, -1e308] * 5])
def test_few_or_equal_values_have_no_groups_and_large_ones_do_not_break_it(values):
    assert two_groups(values) in (None, (5, 5))


@given(SAMPLE, SAMPLE)
def test_superiority_agrees_with_scipys_mann_whitney(old, new):
    found = superiority(old, new, paired=False)
    assert found == pytest.approx(mannwhitneyu(old, new).statistic / (len(old) * len(new)))


def test_ties_count_half_in_pairs():
    assert superiority([1, 2, 3, 4], [1, 1, 4, 3], paired=True) == (0.5 + 1 + 0 + 1) / 4


def test_outliers_are_reported_and_count_like_all_others(make):
    values = make.noise(0)
    values[4] += 60
    results = [*make.arm("old", [5.0] * 10), *make.arm("new", values)]
    metrics = {"noise": make.metric()}
    (found,) = compare_cells(
        results, baseline="old", metrics=metrics, primary=["noise"], margins={}
    )
    assert found.outliers == ("seed 5",)
    assert found.n == 10
    assert found.candidate_value == pytest.approx(sum(values) / 10)
    assert "far from the others, and kept: seed 5" in found.reasons


def test_groups_are_flagged_and_of_exploratory_metrics_only_beside_the_reasons(make):
    values = [*make.noise(0, n=5), *make.noise(20, n=5, seed=2)]
    results = [*make.arm("old", make.noise(0, seed=3)), *make.arm("new", values)]
    metrics = {"noise": make.metric()}
    (found,) = compare_cells(results, baseline="old", metrics=metrics, primary=[], margins={})
    assert found.two_groups == ("new (5 and 5)", "the difference (5 and 5)")
    assert found.reasons == ()


@pytest.mark.parametrize(("better", "rate"), [("lower", 0.75), ("higher", 0.25), ("neither", None)])
def test_the_win_rate_goes_by_the_better_direction(make, better, rate):
    results = [*make.arm("old", [1, 2, 3, 4]), *make.arm("new", [0, 1, 2, 9])]
    metrics = {"noise": make.metric(better=better)}
    (found,) = compare_cells(results, baseline="old", metrics=metrics, primary=[], margins={})
    assert found.win_rate == rate
