"""Decides how a sweep is drawn: a curve for each strategy over the swept values."""

from __future__ import annotations

from pcpbench.report.html.markup import behind, table_html, tag, text
from pcpbench.report.html.svg import (
    CHARACTER,
    Axis,
    beside,
    curve,
    drawing,
    label,
    legend,
    line,
    mark,
)
from pcpbench.report.numbers import value_text
from pcpbench.report.report import Report
from pcpbench.report.sweeps import Swept, swept

WIDTH, HEIGHT, LEFT, BOTTOM = 460.0, 250.0, 76.0, 36.0
LOG_FROM = 50.0  # values that differ by more are drawn on a logarithmic scale


def sweep_section(report: Report) -> str:
    """A figure for each metric and each line of settings; "" without a sweep."""
    parts = []
    for name, along in swept(report).items():
        figures = "".join(_figure(report, one) for one in along)
        parts.append(tag("h3", text(name)) + tag("div", figures, klass="pair"))
    return "".join(parts)


def _figure(report: Report, found: Swept) -> str:
    told = f"{found.metric.title}, mean over replicates"
    if len(found.present) < sum(map(len, found.values.values())):
        told += "; no point where a replicate lacks it"
    caption = tag("figcaption", text(told))
    table = behind("The same as a table", table_html(found.table(), caption=False))
    return tag("figure", caption + _plot(report, found) + table)


def _plot(report: Report, found: Swept) -> str:
    metric, present, floor = found.metric, found.present, HEIGHT - BOTTOM
    places = {name: report.strategies.index(name) for name in found.values}
    drawn, top = legend([(places[name], name) for name in found.values], LEFT, WIDTH)
    log = min(present) > 0 and max(present) / min(present) > LOG_FROM
    low = min(present) / 1.3 if log else min(0.0, *present, 0.0)
    high = max(present) * (1.3 if log else 1.06)
    y = Axis(low=low, high=high if high > low else low + 1, start=floor, end=top + 6, log=log)
    x = _places(found)
    parts = [drawn, beside(y, LEFT, WIDTH - 8, lambda v: value_text(v, metric.unit))]
    parts += [_labels(x, floor), line(LEFT, floor, WIDTH - 8, floor, klass="axis")]
    parts.append(label(WIDTH - 8, HEIGHT - 4, found.line.path, anchor="end", klass="soft"))
    for name, cells in found.values.items():
        known = {at: value for at, value in cells.items() if value is not None}
        parts.append(curve([(x[at], y.at(value)) for at, value in known.items()], places[name]))
        for at, value in known.items():
            told = f"{name}, {found.line.path}={at}: {value_text(value, metric.unit)}"
            parts.append(mark(x[at], y.at(value), places[name], told))
    told = f"{metric.title} over {found.line.path}, a line for each strategy; numbers in the table."
    return drawing(WIDTH, HEIGHT, told, "".join(parts))


def _places(found: Swept) -> dict[object, float]:
    """Where each swept value stands: side by side in the order of the experiment."""
    points = list(found.line.settings)
    step = (WIDTH - LEFT - 44) / max(1, len(points) - 1)
    return {at: LEFT + 14 + i * step for i, at in enumerate(points)}


def _labels(x: dict[object, float], floor: float) -> str:
    """The swept values below the axis, as far as they have room."""
    parts, end = [], 0.0
    for at, place in x.items():
        half = CHARACTER * len(str(at)) / 2
        if place - half > end:
            parts.append(label(place, floor + 16, at, anchor="middle", klass="soft"))
            end = place + half + 6
    return "".join(parts)
