"""Parameters are declared once; validation follows."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.plugin import ListAccess, Strategy, Workload
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
    ("default", "unit", "message"),
    [
        (3, "%", "unit '%' is not one of"),
        (None, None, "the default is None; it must be"),
        ([1, 2], None, "the default is [1, 2]; it must be"),
        (1, "fraction", "write 1.0"),
    ],
)
def test_a_wrong_declaration_is_refused(default, unit, message):
    with pytest.raises(ValueError) as raised:
        param(default, unit=unit)
    assert message in str(raised.value)


def test_a_parameter_is_not_called_like_what_else_experiments_or_the_class_say():
    for base, name in ((Strategy, "name"), (Strategy, "label"), (Workload, "cpus")):
        with pytest.raises(ValueError, match=f"Own: '{name}' has another meaning"):
            type("Own", (base,), {name: param("x")})
    with pytest.raises(ValueError, match="'access' has another meaning"):
        type("Own", (Strategy,), {"access": param("spin")})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mask": "irq_off"}, "did you mean 'irqs_off'"),
        ({"lock": "try"}, "lock is 'try', not one of none, spin, trylock"),
        ({"on_busy": "zone"}, "on_busy is 'zone'"),
        ({"lock_scope": "node"}, "lock_scope is 'node'"),
        ({"indirections": -1}, "indirections is -1"),
        ({"static_branches": 0.5}, "static_branches is 0.5"),
    ],
)
def test_an_access_that_cannot_be_is_refused(values, message):
    with pytest.raises(ValueError) as raised:
        ListAccess(**values)
    assert message in str(raised.value)


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
