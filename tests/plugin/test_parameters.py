"""Parameters are declared once; validation follows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.plugin.parameters import Parameterised, param


class Loop(Parameterised):
    period: int = param(50, unit="ns", ge=10, le=1000, help="Length of a period.")
    share: float = param(0.5, unit="fraction", ge=0.0, le=1.0)
    fifo: bool = param(False)
    mode: str = param("calm", choices=("calm", "burst"))


class LongLoop(Loop):
    period: int = param(500, unit="ns", ge=100)
    tail: int = param(1)


def test_a_default_is_what_is_not_given():
    loop = Loop(period=80)
    assert (loop.period, loop.share, loop.fifo, loop.mode) == (80, 0.5, False, "calm")


def test_instances_do_not_share_values():
    Loop(period=80)
    assert Loop().period == 50


def test_a_subclass_may_declare_a_parameter_anew():
    assert [p.name for p in LongLoop.parameters()] == ["share", "fifo", "mode", "period", "tail"]
    assert LongLoop().period == 500
    assert Loop().period == 50


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"perod": 80}, "Loop has no parameter 'perod'; did you mean 'period'?"),
        ({"period": 9}, "period is 9; it must be a whole number from 10 to 1,000 (ns)"),
        ({"period": 1001}, "period is 1001"),
        ({"period": 80.0}, "period is 80.0; it must be a whole number"),
        ({"period": True}, "period is True"),
        ({"period": "80"}, "period is '80'"),
        ({"share": math.nan}, "share is nan; it must be a number from 0 to 1"),
        ({"share": math.inf}, "share is inf"),
        ({"fifo": 1}, "fifo is 1; it must be true or false"),
        ({"mode": "calmer"}, "must be one of calm, burst; did you mean 'calm'?"),
    ],
)
def test_a_wrong_value_is_refused_with_what_it_must_be(values, message):
    with pytest.raises(ValueError) as raised:
        Loop(**values)
    assert message in str(raised.value)


def test_a_whole_number_serves_as_a_number():
    share = Loop(share=1).share
    assert share == 1.0 and isinstance(share, float)


def test_a_default_outside_of_its_bounds_is_refused_at_once():
    with pytest.raises(ValueError, match="size is 0"):
        type("Wrong", (Parameterised,), {"size": param(0, ge=1)})


def test_an_unknown_unit_is_refused():
    with pytest.raises(ValueError, match="unit 'us'"):
        param(1, unit="us")


@given(st.one_of(st.integers(), st.floats(), st.text(), st.booleans(), st.none()))
def test_any_value_is_taken_or_refused_by_value_error(value):
    try:
        taken = Loop(period=value).period
    except ValueError:
        return
    assert isinstance(taken, int) and 10 <= taken <= 1000
