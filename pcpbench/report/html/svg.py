"""Decides how plots are drawn: axes, ticks, and elements that tell their numbers on hover."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pcpbench.report.html.markup import tag, text
from pcpbench.report.html.style import strategy_colour, strategy_dash

CHARACTER = 6.7  # the width of a usual character at 12 px
LEAST_GAP = 46.0  # between tick labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Places values between two ends of the drawing. ``log``: on a logarithmic scale, then
    ``low`` > 0. ``start``, ``end``: coordinates of ``low`` and ``high``. ``marks``: where its
    ticks are, if not at round values."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False
    marks: Sequence[float] = ()
    _ends: tuple[float, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ends = (self.low, self.high)
        if self.log:
            ends = (math.log10(self.low), math.log10(max(self.high, self.low)))
        object.__setattr__(self, "_ends", ends)

    def at(self, value: float) -> float:
        """The coordinate of a value; those beyond the ends stay at them."""
        low, high = self._ends
        value = math.log10(max(value, self.low)) if self.log else value
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values between the ends, or those of ``marks`` that are there."""
        if self.marks:
            return [mark for mark in self.marks if self.low <= mark <= self.high]
        return log_ticks(self.low, self.high) if self.log else even_ticks(self.low, self.high)


def even_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two values."""
    if not high > low:
        return [low]
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two values; where there are few, 2 and 5 of them, too."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 2.5 else (1,)
    if decades > 8:
        powers = powers[:: math.ceil(decades / 8)]
    return [s * 10.0**p for p in powers for s in steps if low <= s * 10.0**p <= high * 1.0001]


def drawing(width: float, height: float, label: str, content: str) -> str:
    """A plot. ``label``: what a screen reader says; the numbers stand in the table behind."""
    return tag("svg", content, viewBox=f"0 0 {width:g} {height:g}", role="img", aria_label=label)


def label(x: float, y: float, words: object, *, anchor: str = "start", klass: str = "") -> str:
    """Text at a place."""
    place = {"x": short(x), "y": short(y)}
    return tag("text", text(words), **place, text_anchor=anchor, klass=klass or None)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    """A straight line."""
    ends = {"x1": short(x1), "y1": short(y1), "x2": short(x2), "y2": short(y2)}
    return tag("line", "", **ends, **attributes)


def below(axis: Axis, y: float, top: float, words: Callable[[float], str]) -> str:
    """Ticks, labels and grid of a horizontal axis at the lower edge."""
    parts, last = [], -math.inf
    for tick in axis.ticks():
        x = axis.at(tick)
        parts.append(line(x, top, x, y, klass="grid"))
        if x - last >= max(LEAST_GAP, CHARACTER * len(words(tick)) + 8):
            parts.append(label(x, y + 16, words(tick), anchor="middle", klass="soft"))
            last = x
    return "".join(parts)


def beside(axis: Axis, x: float, right: float, words: Callable[[float], str]) -> str:
    """Ticks, labels and grid of a vertical axis at the left edge."""
    parts = []
    for tick in axis.ticks():
        y = axis.at(tick)
        parts.append(line(x, y, right, y, klass="grid"))
        parts.append(label(x - 6, y + 4, words(tick), anchor="end", klass="soft"))
    return "".join(parts)


def curve(points: Sequence[tuple[float, float]], place: int) -> str:
    """The line of the strategy at a place of the report."""
    steps = " ".join(f"{short(x)},{short(y)}" for x, y in points)
    return tag(
        "polyline",
        "",
        points=steps,
        klass="curve",
        stroke=strategy_colour(place),
        stroke_dasharray=strategy_dash(place) or None,
    )


def mark(x: float, y: float, place: int, told: str) -> str:
    """A point of a strategy's line; ``told`` is shown on hover."""
    return tag(
        "circle",
        tag("title", text(told)),
        cx=short(x),
        cy=short(y),
        r=4,
        klass="mark",
        fill=strategy_colour(place),
    )


def legend(names: Sequence[tuple[int, str]], x: float, width: float) -> tuple[str, float]:
    """A sample of each strategy's line with its name; the drawing, and the height it takes."""
    parts, at, y = [], x, 14.0
    for place, name in names:
        takes = 34 + CHARACTER * len(name) + 16
        if at + takes > width and at > x:
            at, y = x, y + 18
        parts.append(curve([(at, y - 4), (at + 26, y - 4)], place))
        parts.append(label(at + 32, y, name))
        at += takes
    return "".join(parts), y + 10


def short(value: float) -> str:
    """A coordinate in tenths of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
