"""Decides how a value is written with its unit: "50 us", "500 k/s", "4 GiB", "2 %"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pcpbench.errors import suggestion

# Longer texts are no numbers that anyone wrote on purpose, and slow to convert.
LONGEST_TEXT = 60
LARGEST_EXPONENT = 30
LARGEST_WHOLE = 10**60
QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+))?)\s*([^\s\d.+-].*)?", re.ASCII)

TIMES_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,  # micro sign
    "μs": 10**3,  # Greek mu
    "ms": 10**6,
    "s": 10**9,
    "min": 60 * 10**9,
}
BYTES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
RATES_PER_S = {"/s": 1, "k/s": 10**3, "M/s": 10**6, "G/s": 10**9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """How values of a unit are written. ``suffixes``: from a suffix to its multiple.

    ``shown``: the suffixes that messages use, ascending. ``noun``: what such a value is.
    """

    noun: str
    suffixes: dict[str, Fraction]
    shown: tuple[str, ...]

    def examples(self, number: str) -> str:
        """The number with each of the usual suffixes: "'50 us', '50 ms' or '50 s'"."""
        texts = [f"'{_joined(number, suffix)}'" for suffix in self.shown]
        return " or ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)

    def write(self, value: float) -> str:
        """A value as an experiment writes it, in the largest shown suffix that keeps it short."""
        exact = Fraction(value)
        suffix = self.shown[0]
        for larger in self.shown[1:]:
            if abs(exact) >= self.suffixes[larger]:
                suffix = larger
        return _joined(f"{float(exact / self.suffixes[suffix]):g}", suffix)


def _joined(number: str, suffix: str) -> str:
    return f"{number}{suffix}" if suffix in ("", "/s") else f"{number} {suffix}"


def _unit(noun: str, suffixes: dict[str, int], *shown: str) -> Unit:
    return Unit(noun=noun, suffixes={s: Fraction(m) for s, m in suffixes.items()}, shown=shown)


# By the unit that a Parameter names.
UNITS = {
    "ns": _unit("a time", TIMES_NS, "ns", "us", "ms", "s"),
    "bytes": _unit("a size", BYTES, "B", "KiB", "MiB", "GiB"),
    "per_s": _unit("a rate", RATES_PER_S, "/s", "k/s", "M/s"),
    "fraction": Unit(noun="a share", suffixes={"%": Fraction(1, 100)}, shown=("%",)),
}

# By the unit of a metric, for margins of the scale "difference".
METRIC_UNITS = {
    "ns": UNITS["ns"],
    "ns_per_s": _unit(
        "a time in each second",
        TIMES_NS | {f"{suffix}/s": ns for suffix, ns in TIMES_NS.items()},
        "ns",
        "us",
        "ms",
    ),
    "percent": _unit("a percentage", {"%": 1}, "%"),
    "per_s": UNITS["per_s"],
    "pages_per_s": _unit(
        "a rate of pages",
        RATES_PER_S | {"pages/s": 1, "k pages/s": 10**3, "M pages/s": 10**6},
        "/s",
        "k/s",
        "M/s",
    ),
    "count": _unit("a number", {"": 1}, ""),
    "pages": _unit("a number of pages", {"": 1, "pages": 1, "page": 1}, "pages"),
    "bytes": UNITS["bytes"],
}


class NotAQuantity(ValueError):
    """A value is not written in its unit. ``thing``: what is wrong; ``remedy``: what to write."""

    def __init__(self, thing: str, remedy: str) -> None:
        super().__init__(f"{thing}; {remedy}")
        self.thing = thing
        self.remedy = remedy


def parse(value: Any, unit: Unit) -> Fraction:
    """The exact value of a YAML scalar in the unit's base (ns, bytes, per second, 1).

    Raises NotAQuantity for everything that is not a number with one of the unit's suffixes; a
    plain number is one only where the unit has the empty suffix.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotAQuantity(f"is not {unit.noun}", f"write it as {unit.examples('10')}")
    text = str(value).strip() if not _too_long(value) else ""
    match = QUANTITY.fullmatch(text)
    if match is None or abs(int(match[2] or 0)) > LARGEST_EXPONENT:
        shown = f"'{text}'" if text and len(text) <= LONGEST_TEXT else "what is written"
        raise NotAQuantity(f"is not {unit.noun}: {shown}", f"write it as {unit.examples('10')}")
    number, suffix = match[1], (match[3] or "").strip()
    if suffix in unit.suffixes:
        return Fraction(number) * unit.suffixes[suffix]
    if suffix:
        hint = _nearest(suffix, unit)
        raise NotAQuantity(f"has the unit '{suffix}'{hint}", f"write {unit.examples(number)}")
    remedy = f"write {unit.examples(number)}"
    if len(unit.shown) > 1 and Fraction(number) >= unit.suffixes[unit.shown[1]]:
        remedy = f"write '{unit.write(float(number))}', or the unit that you mean"
    if unit is UNITS["fraction"] and 0 < Fraction(number) < 1:
        remedy = f"write '{unit.write(float(number))}', or '{number} %' if you mean that"
    raise NotAQuantity(f"is {number}, without a unit", remedy)


def _nearest(suffix: str, unit: Unit) -> str:
    for known in unit.suffixes:
        if known.casefold() == suffix.casefold():
            return f"; did you mean '{known}'?"
    return suggestion(suffix, unit.suffixes)


def _too_long(value: int | float | str) -> bool:
    if isinstance(value, int):
        return abs(value) >= LARGEST_WHOLE
    return len(str(value)) > LONGEST_TEXT
