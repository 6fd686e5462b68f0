"""Numbers are written with a unit and no more digits than they deserve."""

from types import SimpleNamespace

import pytest

from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.report.numbers import (
    change_text,
    changes_text,
    digits,
    margin_text,
    p_text,
    value_text,
    values_text,
)
from pcpbench.report.tables import wrapped
from pcpbench.report.words import number_ranges

METRICS = {metric.name: metric for metric in BUILT_IN}
NOISE = METRICS["isolated.noise_ns_per_s"]
RATE = METRICS["throughput_pages_per_s"]


def change(estimate, low=None, high=None, scale="difference"):
    return SimpleNamespace(estimate=estimate, low=low, high=high, scale=scale)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *[(0, "0"), (3, "3"), (3.0, "3"), (1.234, "1.23"), (0.01234, "0.0123"), (96.25, "96.2")],
        *[(123.4, "123"), (99.97, "100"), (12345, "12,345"), (-1.5, "-1.50"), (2e15, "2e+15")],
    ],
)
def test_three_digits_are_enough_and_whole_numbers_are_whole(number, text):
    assert digits(number) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        *[(1234.0, "ns", "1.23 us"), (0.0, "ns", "0 ns"), (5e6, "ns_per_s", "5 ms/s")],
        *[(8.01e6, "per_s", "8.01 M/s"), (272, "bytes", "272 B"), (4 << 30, "bytes", "4 GiB")],
        *[(17, "count", "17"), (17, "pages", "17 pages"), (99.94876, "percent", "99.9488 %")],
        *[(None, "ns", "-"), (3, "furlong", "3 furlong")],
    ],
)
def test_values_have_their_unit(value, unit, text):
    assert value_text(value, unit) == text


def test_a_change_shows_as_many_digits_as_its_interval_knows():
    assert change_text(change(-1843.2, -1961.9, -1724.4), NOISE) == "-1.84 us/s [-1.96, -1.72]"
    assert change_text(change(-0.0314, -0.0821, 0.0193), RATE) == "-3.1 % [-8.2, +1.9]"
    assert change_text(change(0.00001, -0.01, 0.01), RATE) == "0.0 % [-1.0, +1.0]"


def test_an_exact_change_says_so_and_a_missing_one_is_a_dash():
    assert change_text(change(-96, scale="exact"), NOISE) == "-96 ns/s exactly"
    assert change_text(change(None), NOISE) == "-"


def test_several_changes_and_values_are_ranges_in_one_unit():
    changes = [change(-2000), change(None), change(-500)]
    assert changes_text(changes, NOISE) == "-2 to -0.5 us/s"
    assert changes_text([change(None)], NOISE) == "-"
    assert values_text([104, 96.25], "count") == "96.2 to 104"
    assert values_text([0, 0], "count") == "0"


def test_margins_have_their_unit():
    assert margin_text(0.01, RATE) == "1 %"
    assert margin_text(1000, NOISE) == "1 us/s"
    assert margin_text(0.001, METRICS["isolated.cpu_available"]) == "0.001 points"


def test_p_values_are_not_pretended_to_be_zero():
    assert (p_text(1e-9), p_text(0.0123), p_text(None)) == ("<0.001", "0.012", "-")


def test_whole_numbers_become_ranges():
    assert number_ranges([3, 1, 2, 7, 9, 10]) == "1-3, 7, 9-10"
    assert number_ranges([]) == ""


def test_names_break_between_their_words_and_numbers_do_not():
    assert wrapped("isolated.noise_ns", 10) == ["isolated.", "noise_ns"]
    assert wrapped("-1.234 %", 7) == ["-1.234", "%"]
    assert wrapped("unbreakable", 4) == ["unbr", "eaka", "ble"]
