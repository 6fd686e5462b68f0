"""Two runs are compared pair by pair where seeds and cells agree, else arm against arm."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.statistics import compare_arms, welch_t
from pcpbench.statistics.across import arms_across


def across(old, new, *, conditions=lambda cell: {}):
    return list(arms_across(old, new, conditions=conditions))


def memory(old, new):
    """Conditions in which the cells of both runs have these sizes."""
    return lambda cell: {"memory": new if is_new(cell) else old}


NEW: list[object] = []


def is_new(cell):
    return any(cell is other for other in NEW)


@pytest.fixture(autouse=True)
def forget():
    NEW.clear()


def test_equal_seeds_in_equal_conditions_are_pairs(make):
    (found,) = across(make.arm("x", [1, 2, 3]), make.arm("x", [4, 5, 6]))
    assert found.paired
    assert (found.baseline, found.candidate) == ("x (A)", "x (B)")
    assert [r.metrics["noise"] for r in (*found.old, *found.new)] == [1, 2, 3, 4, 5, 6]
    assert found.notes == ()


def test_a_longer_run_is_paired_as_far_as_the_seeds_go(make):
    (found,) = across(make.arm("x", [1] * 20), make.arm("x", [2] * 10))
    assert found.paired and len(found.old) == 10 and found.n_unpaired == 10


@pytest.mark.parametrize(
    ("first_seed", "note"),
    [(11, "no common seeds"), (10, "1 common seed"), (8, "3 common seeds")],
)
def test_runs_with_few_common_seeds_are_compared_as_wholes(make, first_seed, note):
    new = make.arm("x", [2] * 10, first_seed=first_seed)
    (found,) = across(make.arm("x", [1] * 10), new)
    assert not found.paired
    assert (len(found.old), len(found.new)) == (10, 10)
    assert found.notes == (f"unpaired: the runs have {note}",)


def test_cells_that_differ_are_not_paired_and_it_says_in_what(make):
    old, new = make.arm("x", [1, 2, 3]), make.arm("x", [1, 2, 3])
    NEW.extend(result.cell for result in new)
    (found,) = across(old, new, conditions=memory(64, 128))
    assert not found.paired
    assert found.notes == ("unpaired: memory is 128 instead of 64",)


def test_another_parameter_of_the_strategy_is_told_and_leaves_the_pairs(make):
    old, new = make.arm("x", [1, 2, 3]), make.arm("x", [1, 2, 3])
    NEW.extend(result.cell for result in new)
    (found,) = across(
        old, new, conditions=lambda cell: {"strategy.expedited": is_new(cell), "memory": 1}
    )
    assert found.paired
    assert found.notes == ("the strategy differs: strategy.expedited is True instead of False",)


def test_strategies_and_settings_that_only_one_run_has_are_left_out(make):
    old = [*make.arm("x", [1, 2]), *make.arm("y", [1, 2]), *make.arm("x", [1, 2], scenario="t")]
    new = [*make.arm("x", [1, 2]), *make.arm("z", [1, 2]), *make.arm("y", [1, 2], scenario="t")]
    assert [(c.setting.scenario, c.baseline) for c in across(old, new)] == [("s", "x (A)")]
    assert across(make.arm("x", [1]), make.arm("y", [1])) == []


def test_arms_without_pairs_are_tested_by_welch(make):
    old, new = make.noise(100), make.noise(98, n=14, spread=3, seed=2)
    cells = across(make.arm("x", old), make.arm("x", new, first_seed=50))
    metrics = {"noise": make.metric()}
    (found,) = compare_arms(cells, metrics=metrics, primary=["noise"], margins={})
    by_hand = welch_t(old, new, 1.0)
    assert (found.paired, found.n, found.n_arms) == (False, 10, (10, 14))
    assert (found.low, found.high) == (by_hand.low, by_hand.high)
    assert (found.p_difference, found.pairs_better) == (by_hand.p_difference, None)


def test_a_failed_cell_of_either_arm_leaves_no_verdict(make):
    new = make.arm("x", make.noise(50), first_seed=50)
    new[3] = make.result("x", 53, None, status="failed")
    cells = across(make.arm("x", make.noise(100)), new)
    metrics = {"noise": make.metric()}
    (found,) = compare_arms(cells, metrics=metrics, primary=["noise"], margins={})
    assert (found.verdict, found.n_failed, found.p_difference) == ("inconclusive", 1, None)
    assert "1 of 20 cells failed" in found.reasons


def test_constant_arms_without_pairs_are_exact(make):
    cells = across(make.arm("x", [5] * 3), make.arm("x", [7] * 4, first_seed=50))
    metrics = {"noise": make.metric()}
    (found,) = compare_arms(cells, metrics=metrics, primary=["noise"], margins={})
    assert (found.scale, found.verdict, found.estimate) == ("exact", "worse", 2)


@pytest.mark.parametrize(("old", "new"), [([1], [2, 3]), ([1, 2], [None, 3])])
def test_arms_that_are_too_small_or_lack_values_get_no_verdict(make, old, new):
    cells = across(make.arm("x", old), make.arm("x", new, first_seed=50))
    metrics = {"noise": make.metric()}
    (found,) = compare_arms(cells, metrics=metrics, primary=["noise"], margins={})
    assert found.p_difference is None and found.verdict in (None, "inconclusive")
    assert found.reasons[-1] != found.reasons[0]


@given(
    st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**6), 10**6)), max_size=6),
    st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**6), 10**6)), max_size=6),
    st.sampled_from(["ratio", "difference"]),
    st.sampled_from(["lower", "higher", "neither"]),
)
def test_whatever_the_values_without_pairs_nothing_raises_and_nothing_is_nan(
    make, old, new, scale, better
):
    cells = across(make.arm("x", old), make.arm("x", new, first_seed=50))
    metrics = {"noise": make.metric(scale=scale, better=better)}
    for found in compare_arms(cells, metrics=metrics, primary=["noise"], margins={}):
        numbers = [
            *(found.baseline_value, found.candidate_value, found.estimate, found.low, found.high),
            *(found.p_difference, found.p_equivalence, found.win_rate, found.effect_size),
        ]
        assert all(x is None or math.isfinite(x) for x in numbers)
        assert found.verdict or found.reasons
