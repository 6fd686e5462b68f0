"""Decides how verdicts over draws of uncertain numbers are drawn: a stroke for each draw."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.html.forest import (
    MOST_LABEL,
    ROW,
    VERDICT_ROOM,
    WIDTH,
    cut,
    margin_band,
    place_of,
    scaled,
    ticks,
)
from pcpbench.report.html.markup import behind, paragraphs, table_html, tag, text
from pcpbench.report.html.svg import CHARACTER, Axis, drawing, label, line, short
from pcpbench.report.numbers import change_text
from pcpbench.report.report import Report
from pcpbench.report.sensitivity import (
    METHOD,
    held,
    sensitivity_tables,
    sensitivity_told,
    turning,
)
from pcpbench.report.words import verdict_word
from pcpbench.statistics.sensitivity import Examined

CAPTION = (
    "Each stroke is the change of one strategy beside the baseline in one draw of the uncertain "
    "numbers; the dot is the run's own estimate, the shaded part the margin. Beside it: in how "
    "many draws the verdict holds."
)


def drawn_section(report: Report) -> str:
    """A plot for each primary metric, with the table behind; "" where nothing was drawn."""
    plots = []
    for name in report.header.primary:
        own = [one for one in report.sensitivity if one.comparison.metric == name]
        if own:
            metric = report.metrics[name]
            figure = tag("figcaption", text(f"{name}: {metric.title}")) + _plot(report, metric, own)
            plots.append(tag("figure", figure))
    tables = "".join(
        behind("The same as a table", table_html(t)) for t in sensitivity_tables(report)
    )
    told = [sensitivity_told(report), METHOD, CAPTION]
    return paragraphs(told) + "".join(plots) + tables if plots else ""


def _plot(report: Report, metric: Metric, found: Sequence[Examined]) -> str:
    names = {f"{one.comparison.candidate}, {place_of(report, one.comparison)}" for one in found}
    left = CHARACTER * (min(MOST_LABEL, max(map(len, names))) + 2)
    values = [scaled(metric, value) for one in found for value in one.estimates]
    margin = max(scaled(metric, one.comparison.margin) for one in found)
    reach = 1.08 * max([*map(abs, values), 1.5 * margin]) or 1.0
    axis = Axis(low=-reach, high=reach, start=left, end=WIDTH - VERDICT_ROOM)
    y = 8 + ROW * len(found)
    rows = [_row(report, metric, one, axis, 8 + ROW * i) for i, one in enumerate(found)]
    below = margin_band(metric, found[0].comparison.margin, axis, y)
    below += ticks(metric, axis, reach, y) + line(axis.at(0), 8, axis.at(0), y, klass="axis")
    told = f"{metric.title} in each draw of the uncertain numbers; numbers in the table below."
    return drawing(WIDTH, y + 24, told, below + "".join(rows))


def _row(report: Report, metric: Metric, one: Examined, axis: Axis, y: float) -> str:
    c = one.comparison
    name = f"{c.candidate}, {place_of(report, c)}"
    strokes = "".join(f"M{short(axis.at(scaled(metric, value)))} 5v12" for value in one.estimates)
    turned = f"; turns towards {turning(one)}" if one.turned else ""
    told = (
        f"{name}: {change_text(c, metric)}, {verdict_word(c)}; holds in {held(one)} draws{turned}"
    )
    parts = [
        tag("title", text(told)),
        '<rect width="100%" height="22" class="hit"/>',
        label(0, 15, cut(name)),
        f'<path class="draws" d="{strokes}"/>',
        label(WIDTH - VERDICT_ROOM + 10, 15, held(one)),
    ]
    if c.estimate is not None:
        parts.append(f'<circle cx="{short(axis.at(scaled(metric, c.estimate)))}" cy="11" r="4.5"/>')
    word = verdict_word(c).replace(" ", "-")
    return tag("g", "".join(parts), klass=f"row {word}", transform=f"translate(0 {short(y)})")
