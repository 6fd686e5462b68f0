"""Looks are fixed beforehand; a run has enough when its intervals stay narrow, whatever p says."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.statistics.course import course_of_run
from pcpbench.statistics.looks import Until, enough, looks, until_of


def test_looks_grow_by_half_from_ten_to_the_most():
    assert looks(10, 80) == (10, 14, 20, 28, 40, 56, 80)
    assert looks(10, 30) == (10, 14, 20, 28, 30)
    assert looks(12, 20) == (12, 14, 20)
    assert looks(10, 10) == (10,)


@given(st.integers(10, 200), st.integers(0, 500))
def test_looks_begin_with_the_least_ascend_and_end_with_the_most(least, more):
    found = looks(least, least + more)
    assert found[0] == least and found[-1] == least + more
    assert list(found) == sorted(set(found))


@pytest.mark.parametrize(
    ("widths", "stop"),
    [
        ([0.5], True),
        ([0.9], False),
        ([0.9, 0.9], True),
        ([1.2, 0.9], False),
        ([1.2, 0.4], False),
        ([0.9, 1.1], False),
        ([3.0, 1.0, 1.0], True),
        ([None], True),
        ([math.inf, 0.1, 0.1], True),
    ],
)
def test_a_run_stops_when_two_looks_in_a_row_are_narrow_or_the_first_far_narrower(widths, stop):
    assert enough(widths) is stop


def header(make, *, ci_width, most=40, scale="difference"):
    until = {"least": 10, "most": most, "ci_width": ci_width}
    asked = SimpleNamespace(
        baseline="old",
        primary=("noise",),
        margins={},
        experiment={"seed": 1, "until": until},
    )
    return asked, {"noise": make.metric(scale=scale)}


def course(make, n, *, ci_width, spread=1.0, most=40, old=None, new=None):
    asked, metrics = header(make, ci_width=ci_width, most=most)
    old = old or make.noise(100, n=n, spread=spread)
    new = new or make.noise(100, n=n, spread=spread, seed=2)
    results = [*make.arm("old", old), *make.arm("new", new)]
    return course_of_run(results, asked, metrics, cells=2 * most)


def test_a_run_with_narrow_intervals_ends_at_the_first_look(make):
    found = course(make, 10, ci_width=0.5)
    assert (found.done, found.narrow, found.replicates) == (True, True, 10)
    assert found.looks[0].widest.candidate == "new"


def test_a_run_with_wide_intervals_goes_on_to_the_next_look(make):
    found = course(make, 10, ci_width=0.001)
    assert (found.done, found.narrow, found.replicates) == (False, False, 14)
    assert [look.replicates for look in found.looks] == [10]


def test_it_ends_with_the_most_replicates_and_says_that_they_were_too_few(make):
    found = course(make, 40, ci_width=0.001)
    assert (found.done, found.narrow, found.replicates) == (True, False, 40)
    assert [look.replicates for look in found.looks] == [10, 14, 20, 28, 40]


def test_the_width_of_a_difference_is_a_part_of_the_larger_mean(make):
    n = 10
    old, new = make.noise(10, n=n), make.noise(100, n=n, seed=2)
    found = course(make, n, ci_width=0.1, old=old, new=new)
    widest = found.looks[0].widest
    width = (widest.high - widest.low) / widest.candidate_value
    assert found.looks[0].relative_width == pytest.approx(width / 0.1)


def test_a_small_p_does_not_stop_a_run_whose_interval_is_wide(make):
    old, new = make.noise(100), make.noise(200, seed=2)
    found = course(make, 10, ci_width=0.0001, old=old, new=new)
    assert found.looks[0].widest.p_difference < 1e-6
    assert not found.done


def test_replicates_beyond_a_complete_prefix_do_not_count(make):
    # An interrupted run: seeds 1 to 12 are there, the next look is at 14.
    whole, partial = course(make, 10, ci_width=0.001), course(make, 12, ci_width=0.001)
    assert partial.looks[0].replicates == 10
    assert (partial.done, partial.replicates) == (whole.done, whole.replicates) == (False, 14)


def test_exact_comparisons_and_metrics_without_a_value_do_not_keep_a_run_going(make):
    for new in ([7.0] * 10, [None] * 10):
        found = course(make, 10, ci_width=0.001, old=[5.0] * 10, new=new)
        assert (found.done, found.looks[0].relative_width) == (True, None)


def test_a_fixed_number_of_replicates_has_no_course(make):
    asked, metrics = header(make, ci_width=1)
    asked.experiment = {"seed": 1, "until": None}
    assert course_of_run([], asked, metrics, cells=80) is None
    assert until_of({}) is None


@pytest.mark.parametrize(("least", "most", "width"), [(9, 20, 0.1), (20, 10, 0.1), (10, 20, 0.0)])
def test_an_until_that_makes_no_sense_is_refused(least, most, width):
    with pytest.raises(ValueError, match="least"):
        Until(least=least, most=most, ci_width=width)
