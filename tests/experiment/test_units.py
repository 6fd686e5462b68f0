from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.experiment.units import METRIC_UNITS, UNITS, NotAQuantity, parse
from pcpbench.metrics.metric import UNITS as UNITS_OF_METRICS


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("4 GiB", "bytes", 4 << 30),
        ("512MiB", "bytes", 512 << 20),
        ("1.5 KiB", "bytes", 1536),
        ("250 ms", "ns", 250_000_000),
        ("50 us", "ns", 50_000),
        ("50 µs", "ns", 50_000),
        ("0 ns", "ns", 0),
        ("1e-3 s", "ns", 1_000_000),
        ("500 k/s", "per_s", 500_000),
        ("100/s", "per_s", 100),
        ("1.5 M/s", "per_s", 1_500_000),
        ("2 %", "fraction", Fraction(2, 100)),
        ("12.5%", "fraction", Fraction(1, 8)),
    ],
)
def test_a_value_with_its_unit_is_exact_in_the_base(text: str, unit: str, value: Fraction) -> None:
    assert parse(text, UNITS[unit]) == value


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        (50, "ns", "is 50, without a unit; write '50 ns', '50 us', '50 ms' or '50 s'"),
        (0.05, "fraction", "is 0.05, without a unit; write '5 %', or '0.05 %' if you"),
        (1, "fraction", "is 1, without a unit; write '1 %'"),
        ("500", "per_s", "is 500, without a unit; write '500/s', '500 k/s' or '500 M/s'"),
        (
            1 << 30,
            "bytes",
            "is 1073741824, without a unit; write '1 GiB', or the unit that you mean",
        ),
        ("500 K/s", "per_s", "has the unit 'K/s'; did you mean 'k/s'?; write '500/s', '500 k/s'"),
        ("4 gib", "bytes", "has the unit 'gib'; did you mean 'GiB'?"),
        ("5 parsec", "ns", "has the unit 'parsec'; write '5 ns'"),
        ("five ms", "ns", "is not a time: 'five ms'"),
        (float("nan"), "ns", "is not a time: 'nan'"),
        (float("inf"), "bytes", "is not a size: 'inf'"),
        (True, "per_s", "is not a rate; write it as '10/s'"),
        (None, "ns", "is not a time; write it as '10 ns'"),
        ("1e999999999 s", "ns", "is not a time: '1e999999999 s'"),
        ("9" * 100_000, "ns", "is not a time: what is written"),
        (10**100, "ns", "is not a time: what is written"),
    ],
)
def test_what_has_no_unit_is_told_how_to_write_it(value: object, unit: str, message: str) -> None:
    with pytest.raises(NotAQuantity) as caught:
        parse(value, UNITS[unit])
    assert str(caught.value).startswith(message)


def test_each_unit_of_a_metric_can_be_written_as_a_margin() -> None:
    assert set(METRIC_UNITS) == set(UNITS_OF_METRICS)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("1 us", "ns_per_s", 1000),
        ("1 us/s", "ns_per_s", 1000),
        ("0.01 %", "percent", Fraction(1, 100)),
        ("2 k pages/s", "pages_per_s", 2000),
        ("64 pages", "pages", 64),
        (64, "pages", 64),
        (2.5, "count", Fraction(5, 2)),
        ("4 KiB", "bytes", 4096),
    ],
)
def test_a_margin_is_written_in_the_unit_of_its_metric(
    text: object, unit: str, value: Fraction
) -> None:
    assert parse(text, METRIC_UNITS[unit]) == value


@given(st.integers(0, 10**15), st.sampled_from(sorted(UNITS)))
def test_what_messages_write_can_be_read_back(value: int, unit: str) -> None:
    read = parse(UNITS[unit].write(value), UNITS[unit])
    assert abs(read - value) <= value * Fraction(1, 100_000)


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.none())
def test_any_other_value_is_refused_as_no_quantity(value: object) -> None:
    for unit in (*UNITS.values(), *METRIC_UNITS.values()):
        try:
            assert isinstance(parse(value, unit), Fraction)
        except NotAQuantity as error:
            assert error.thing and error.remedy
