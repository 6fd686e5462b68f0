"""Student's t and the two one-sided tests agree with published values and cover as promised."""

import math
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from pcpbench.statistics import paired_t, welch_t

# Hours of sleep gained by ten patients with two drugs (Student 1908; data set `sleep` of R).
DRUG_1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
DRUG_2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
SLEEP = [one - two for one, two in zip(DRUG_1, DRUG_2, strict=True)]

DIFFERENCES = st.lists(
    st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=2, max_size=30
).filter(lambda d: max(d) - min(d) > 1e-2)


def test_the_paired_t_test_of_rs_sleep_data_is_what_r_prints():
    # t = -4.0621, df = 9, p-value = 0.002833, 95 percent interval -2.4598858 -0.7001142, -1.58
    found = paired_t(SLEEP, 1.0)
    assert found.mean == pytest.approx(-1.58, abs=5e-3)
    assert found.low == pytest.approx(-2.4598858, abs=5e-8)
    assert found.high == pytest.approx(-0.7001142, abs=5e-8)
    assert found.p_difference == pytest.approx(2.832890e-03, abs=5e-10)


def test_the_equivalence_test_of_rs_sleep_data_is_what_toster_prints():
    # t_TOST(extra ~ group, sleep, eqb = 1, paired): lower 9.149441e-01, upper 4.778596e-05.
    assert paired_t(SLEEP, 1.0).p_equivalence == pytest.approx(9.149441e-01, abs=5e-8)


@given(DIFFERENCES)
def test_interval_and_p_agree_with_scipy(differences):
    theirs = stats.ttest_1samp(differences, 0.0)
    ours = paired_t(differences, 1.0)
    interval = theirs.confidence_interval(0.95)
    size = max(map(abs, differences))
    assert ours.p_difference == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), abs=1e-8 * size)


@given(DIFFERENCES, st.floats(0, 1e6))
def test_equivalence_is_the_larger_of_two_one_sided_tests_of_scipy(differences, bound):
    above = stats.ttest_1samp(differences, -bound, alternative="greater").pvalue
    below = stats.ttest_1samp(differences, bound, alternative="less").pvalue
    ours = paired_t(differences, bound).p_equivalence
    assert ours == pytest.approx(max(above, below), rel=1e-6, abs=1e-9)


@given(DIFFERENCES, st.floats(0, 1e6))
def test_swapping_the_arms_mirrors_the_interval_and_keeps_both_p_values(differences, bound):
    one, other = paired_t(differences, bound), paired_t([-d for d in differences], bound)
    assert (one.low, one.high) == (-other.high, -other.low)
    assert one.p_difference == other.p_difference
    assert one.p_equivalence == other.p_equivalence


@given(DIFFERENCES, st.floats(0.001, 1000))
def test_a_change_of_unit_changes_nothing_but_the_unit(differences, factor):
    one = paired_t(differences, 10.0)
    scaled = paired_t([d * factor for d in differences], 10.0 * factor)
    assert scaled.p_difference == pytest.approx(one.p_difference, rel=1e-6, abs=1e-12)
    assert scaled.p_equivalence == pytest.approx(one.p_equivalence, rel=1e-6, abs=1e-9)
    assert scaled.high == pytest.approx(one.high * factor, rel=1e-6, abs=1e-6 * factor)


def test_without_a_margin_nothing_is_equivalent():
    assert paired_t([-1.0, 1.0, -2.0, 2.0], 0.0).p_equivalence == 0.5


@pytest.mark.parametrize(
    ("differences", "bound"),
    [([], 1.0), ([1.0], 1.0), ([1.0, 1.0], 1.0), ([1.0, 2.0], -1.0), ([1.0, 2.0], math.nan)],
)
def test_what_cannot_be_tested_is_refused(differences, bound):
    with pytest.raises(ValueError, match=r"give 2 or more|all equal"):
        paired_t(differences, bound)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_very_small_and_very_large_differences_have_an_interval(size):
    found = paired_t([-size, size, size], size)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(size / 3)


ARM = st.lists(st.floats(-1e6, 1e6).map(lambda x: round(x, 3)), min_size=2, max_size=30)


def test_welchs_test_of_rs_sleep_data_is_what_r_prints():
    # t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939,
    # 95 percent confidence interval -3.3654832 0.2054832.
    found = welch_t(DRUG_2, DRUG_1, 1.0)
    assert found.mean / found.error == pytest.approx(-1.8608, abs=5e-5)
    assert found.freedom == pytest.approx(17.776, abs=5e-4)
    assert found.p_difference == pytest.approx(0.07939, abs=5e-6)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


@given(ARM, ARM)
def test_welchs_test_agrees_with_scipy(old, new):
    assume(max(max(old) - min(old), max(new) - min(new)) > 1e-2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy's, of an arm without variance
        theirs = stats.ttest_ind(new, old, equal_var=False)
        interval = theirs.confidence_interval(0.95)
        above = stats.ttest_ind([v + 3 for v in new], old, equal_var=False, alternative="greater")
        below = stats.ttest_ind([v - 3 for v in new], old, equal_var=False, alternative="less")
    ours = welch_t(old, new, 3.0)
    size = max(map(abs, [*old, *new]))
    assert ours.p_difference == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-9)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high), abs=1e-7 * size)
    equivalence = max(above.pvalue, below.pvalue)
    assert ours.p_equivalence == pytest.approx(equivalence, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize(
    ("old", "new", "bound"),
    [([1.0], [1.0, 2.0], 1.0), ([1.0, 1.0], [2.0, 2.0], 1.0), ([1.0, 2.0], [1.0, 2.0], -1.0)],
)
def test_arms_that_cannot_be_tested_are_refused(old, new, bound):
    with pytest.raises(ValueError, match=r"give 2 or more|all equal"):
        welch_t(old, new, bound)
