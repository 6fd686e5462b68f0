"""What a failure tells, and which exit code it gives."""

from __future__ import annotations

import pytest

from pcpbench.errors import InputError, Problem, suggestion, worst_exit_code


@pytest.mark.parametrize(
    ("codes", "worst"),
    [([], 0), ([0], 0), ([4, 1], 1), ([1, 3], 3), ([3, 2], 2), ([2, 5], 5), ([4, 0], 4)],
)
def test_of_several_exit_codes_the_worst_is_given(codes, worst):
    assert worst_exit_code(codes) == worst


def test_a_problem_names_place_thing_and_remedy():
    assert str(Problem("no such key", "a.yaml:1:2", "remove it")) == (
        "a.yaml:1:2: no such key; remove it"
    )
    assert str(Problem("no such key")) == "no such key"


def test_an_input_error_tells_all_problems_at_once():
    error = InputError([Problem("one", "a:1"), Problem("two", "a:2")])
    assert str(error).splitlines() == ["a:1: one", "a:2: two"]
    assert error.exit_code == 2


def test_only_a_near_word_is_suggested():
    assert suggestion("rcu-swop", ["rcu-swap", "workqueue"]) == "; did you mean 'rcu-swap'?"
    assert suggestion("zzz", ["rcu-swap", "workqueue"]) == ""
