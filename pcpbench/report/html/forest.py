"""Decides how intervals are drawn: 95 % thin, 90 % thick, the margin shaded, 0 as a line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.html.markup import MARKS, tag, text
from pcpbench.report.html.svg import CHARACTER, Axis, drawing, even_ticks, label, line, short
from pcpbench.report.numbers import change_text, margin_text, p_text, value_text
from pcpbench.report.report import Report
from pcpbench.report.robustness import fragile
from pcpbench.report.transplanted import marked
from pcpbench.report.verdicts import decisive_p
from pcpbench.report.words import verdict_word
from pcpbench.statistics.comparison import Comparison

WIDTH = 900.0
ROW = 22.0
VERDICT_ROOM = 110.0
MOST_LABEL = 44
# Where ratios are marked: percent of change, each with its opposite.
PERCENTS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000)


def forest(report: Report, metric: Metric, comparisons: Sequence[Comparison]) -> str:
    """The plot of one metric: a row for each setting and candidate."""
    labels = {marked(report, [c.kernel], c.candidate) for c in comparisons} | {
        place_of(report, c) for c in comparisons
    }
    left = CHARACTER * (min(MOST_LABEL, max(map(len, labels))) + 4)
    reach = _reach(metric, comparisons)
    axis = Axis(low=-reach, high=reach, start=left, end=WIDTH - VERDICT_ROOM)
    parts, y, setting = [], 8.0, None
    for c in comparisons:
        if c.setting != setting:
            setting = c.setting
            y += ROW
            parts.append(label(0, y - 6, cut(place_of(report, c)), klass="strong"))
        parts.append(_row(report, metric, c, axis, y))
        y += ROW
    grid = ticks(metric, axis, reach, y)
    zero = line(axis.at(0), 8, axis.at(0), y, klass="axis")
    band = margin_band(metric, comparisons[0].margin, axis, y)
    told = f"Intervals of {metric.title}, a row for each setting and strategy; numbers below."
    return drawing(WIDTH, y + 24, told, band + grid + zero + "".join(parts))


def margin_band(metric: Metric, margin: float, axis: Axis, y: float) -> str:
    """The margin, shaded down to ``y``."""
    edge = scaled(metric, margin)
    if not edge > 0:
        return ""
    return tag(
        "rect",
        tag("title", text(f"margin {margin_text(margin, metric)}")),
        x=short(axis.at(-edge)),
        y=8,
        width=short(axis.at(edge) - axis.at(-edge)),
        height=short(y - 8),
        klass="band",
    )


def _row(report: Report, metric: Metric, c: Comparison, axis: Axis, y: float) -> str:
    """A row in coordinates of its own; its colour and hollow dot come from the style sheet."""
    word = verdict_word(c)
    parts = [
        tag("title", text(_told(report, metric, c))),
        '<rect width="100%" height="22" class="hit"/>',
        label(14, 15, cut(marked(report, [c.kernel], c.candidate))),
        label(WIDTH - VERDICT_ROOM + 10, 15, f"{MARKS.get(word, '')} {word}".strip()),
    ]
    if c.estimate is not None:
        parts += _interval(metric, c, axis)
        at = short(axis.at(scaled(metric, c.estimate)))
        parts.append(f'<circle cx="{at}" cy="11" r="4.5"/>')
    else:
        parts.append(label(axis.at(0) + 6, 15, "no value", klass="soft"))
    place = f"translate(0 {short(y)})"
    return tag("g", "".join(parts), klass=f"row {word.replace(' ', '-')}", transform=place)


def _interval(metric: Metric, c: Comparison, axis: Axis) -> list[str]:
    if c.low is None or c.high is None or c.estimate is None:
        return []
    ends = [scaled(metric, x) for x in (c.low, c.estimate, c.high)]
    parts = [f'<path d="M{short(axis.at(ends[0]))} 11H{short(axis.at(ends[2]))}"/>']
    if c.low_90 is not None and c.high_90 is not None:
        inner = [axis.at(scaled(metric, end)) for end in (c.low_90, c.high_90)]
        parts.append(f'<path class="thick" d="M{short(inner[0])} 11H{short(inner[1])}"/>')
    for end, sign in ((ends[0], -1), (ends[2], 1)):
        if abs(end) > axis.high:  # it goes on beyond the drawing
            x = axis.at(end)
            parts.append(f'<path d="M{short(x)} 6L{short(x + 7 * sign)} 11L{short(x)} 16"/>')
    return parts


def scaled(metric: Metric, value: float) -> float:
    """A change as the axis shows it: ratios by logarithm, so that intervals are symmetric."""
    return math.log1p(max(value, -0.999999)) if metric.scale == "ratio" else value


def _reach(metric: Metric, comparisons: Sequence[Comparison]) -> float:
    """Half the width of the axis: every estimate, the margin, and intervals of usual length."""
    estimates = [abs(scaled(metric, c.estimate)) for c in comparisons if c.estimate is not None]
    ends = sorted(
        max(abs(scaled(metric, c.low)), abs(scaled(metric, c.high)))
        for c in comparisons
        if c.low is not None and c.high is not None
    )
    usual = min(ends[-1], 4 * ends[len(ends) // 2]) if ends else 0.0
    margin = scaled(metric, comparisons[0].margin)
    reach = max([*estimates, usual, 1.5 * margin])
    return 1.08 * reach if reach > 0 else 1.0


def ticks(metric: Metric, axis: Axis, reach: float, y: float) -> str:
    """Marks of the axis, as a reader reads changes, and the grid."""
    values = even_ticks(-reach, reach)
    words = {v: _tick_text(metric, v) for v in values}
    if metric.scale == "ratio":
        percents = [sign * p for p in PERCENTS for sign in (-1, 1) if sign * p > -100]
        marks = [0.0, *sorted(percents, key=abs)]
        words = {math.log1p(p / 100): f"{p:+g} %" if p else "0" for p in marks}
        words = {v: told for v, told in words.items() if abs(v) <= reach}
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    # From the largest, so that near 0 there are marks only where they have room; 0 first.
    for v in sorted(words, key=lambda v: (v != 0, -abs(v))):
        x, half = axis.at(v), CHARACTER * len(words[v]) / 2 + 6
        if all(x + half < a or x - half > b for a, b in taken):
            taken.append((x - half, x + half))
            parts.append(line(x, 8, x, y, klass="grid"))
            parts.append(label(x, y + 16, words[v], anchor="middle", klass="soft"))
    return "".join(parts)


def _tick_text(metric: Metric, value: float) -> str:
    told = f"{value:g} points" if metric.unit == "percent" else value_text(value, metric.unit)
    return "0" if value == 0 else f"+{told}" if value > 0 else told


def _told(report: Report, metric: Metric, c: Comparison) -> str:
    p = decisive_p(c)
    judged = "" if p == p_text(None) else f", adjusted p {p}"
    means = f"{value_text(c.candidate_value, metric.unit)} instead of "
    means += value_text(c.baseline_value, metric.unit)
    notes = [*c.reasons, *([fragile(c)] if c.flips else [])]
    reasons = "".join(f"; {note}" for note in notes)
    return (
        f"{place_of(report, c)}, {c.candidate}: {means}; {change_text(c, metric)}{judged}; "
        f"{verdict_word(c)}{reasons}"
    )


def place_of(report: Report, c: Comparison) -> str:
    """The setting of a comparison, as a reader calls it."""
    return report.setting_name(c.setting)


def cut(words: str) -> str:
    """A label that fits."""
    return words if len(words) <= MOST_LABEL else words[: MOST_LABEL - 3] + "..."
