"""Decides how a number is written for a person: its unit, its prefix, and how many digits."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.statistics.comparison import Comparison

Steps = tuple[tuple[float, str], ...]
TIMES: Steps = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
SIZES: Steps = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
STEPS: dict[str, Steps] = {
    "ns": TIMES,
    "ns_per_s": tuple((size, f"{name}/s") for size, name in TIMES),
    "per_s": ((1e9, "G/s"), (1e6, "M/s"), (1e3, "k/s"), (1, "/s")),
    "pages_per_s": ((1e9, "Gpages/s"), (1e6, "Mpages/s"), (1e3, "kpages/s"), (1, "pages/s")),
    "count": ((1, ""),),
    "pages": ((1, "pages"),),
    "bytes": SIZES,
    "percent": ((1, "%"),),
}
NOTHING = "-"


def value_text(value: float | None, unit: str) -> str:
    """A value with its unit, such as ``1.23 us``; ``-`` for none."""
    if value is None:
        return NOTHING
    if unit == "percent":
        return f"{value:.4f} %"
    size, name = _step([value], unit)
    return f"{digits(value / size)} {name}".rstrip()


def change_text(comparison: Comparison, metric: Metric) -> str:
    """An estimate with its interval, such as ``-3.10 % [-4.02, -2.18]``; ``-`` for none."""
    c = comparison
    if c.estimate is None:
        return NOTHING
    exactly = " exactly" if c.scale == "exact" else ""
    return interval_text(c.estimate, c.low, c.high, metric) + exactly


def interval_text(estimate: float, low: float | None, high: float | None, metric: Metric) -> str:
    """A change on the metric's own scale, with its interval if there is one."""
    size, name = _change_step([x for x in (estimate, low, high) if x is not None], metric)
    if low is None or high is None:
        return f"{_signed(estimate / size)} {name}".rstrip()
    places = _places((high - low) / (2 * size))
    texts = [_fixed(x / size, places) for x in (estimate, low, high)]
    return f"{texts[0]} {name}".rstrip() + f" [{texts[1]}, {texts[2]}]"


def changes_text(comparisons: Sequence[Comparison], metric: Metric) -> str:
    """The estimates of several comparisons as a range, such as ``-40 to -12 %``."""
    found = sorted(c.estimate for c in comparisons if c.estimate is not None)
    if not found:
        return NOTHING
    size, name = _change_step(found, metric)
    ends = list(dict.fromkeys(_signed(x / size) for x in (found[0], found[-1])))
    return f"{' to '.join(ends)} {name}".rstrip()


def values_text(values: Sequence[float], unit: str) -> str:
    """Several values as a range, such as ``96.2 to 104``. ``values``: at least one."""
    size, name = _step(values, unit)
    ends = list(dict.fromkeys(digits(x / size) for x in (min(values), max(values))))
    return f"{' to '.join(ends)} {name}".rstrip()


def margin_text(margin: float, metric: Metric) -> str:
    """A margin with its unit, such as ``5 %`` or ``1 us/s``."""
    if metric.scale == "ratio":
        return f"{100 * margin:g} %"
    if metric.unit == "percent":
        return f"{margin:g} points"
    return value_text(margin, metric.unit)


def p_text(p: float | None) -> str:
    """A p-value with the digits that matter."""
    if p is None:
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def digits(number: float) -> str:
    """Three significant digits, whole numbers in full: ``0.012``, ``1.23``, ``12,345``."""
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1e15:
        return f"{number:.3g}"
    if number == int(number) or size >= 99.95:
        return f"{number:,.0f}"
    if size >= 9.995:
        return f"{number:.1f}"
    return f"{number:.2f}" if size >= 1 else f"{number:.3g}"


def _signed(number: float) -> str:
    text = digits(number)
    return f"+{text}" if number > 0 and text != "0" else text


def _places(half_width: float) -> int:
    """Decimals that show two digits of an interval's half width, and no more than it knows."""
    if not half_width > 0:
        return 2
    return min(6, max(0, 1 - math.floor(math.log10(half_width))))


def _fixed(number: float, places: int) -> str:
    text = f"{number:+,.{places}f}"
    return text if float(text.replace(",", "")) else text[1:]


def _step(values: Sequence[float], unit: str) -> tuple[float, str]:
    largest = max(map(abs, values))
    steps = STEPS.get(unit, ((1, unit),))
    return next((step for step in steps if largest >= step[0]), steps[-1])


def _change_step(values: Sequence[float], metric: Metric) -> tuple[float, str]:
    if metric.scale == "ratio":
        return 0.01, "%"
    if metric.unit == "percent":
        return 1, "points"
    return _step(values, metric.unit)
