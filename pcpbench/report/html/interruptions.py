"""Decides how the interruptions of isolated CPUs are drawn: by mechanism, by cause, and both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pcpbench.metrics.raw import CAUSES, MECHANISMS
from pcpbench.report.html.markup import MOST_SETTINGS, behind, left_out, table_html, tag, text
from pcpbench.report.html.svg import CHARACTER, Axis, below, drawing, label, line, short
from pcpbench.report.means import means_of
from pcpbench.report.merged import EVERY_CPU, Merged
from pcpbench.report.numbers import digits, value_text
from pcpbench.report.report import Report
from pcpbench.report.tables import Heading, Row, Table
from pcpbench.statistics.pairing import Setting

SUM = "isolated.interruptions.{}.{}.sum"
PARTS = (("by_mechanism", "by mechanism", MECHANISMS), ("by_cause", "by cause", CAUSES))
BARS = [SUM.format(group, kind) for group, _, kinds in PARTS for kind in kinds]
WIDTH, ROW, LEAST_LABEL = 460.0, 26.0, 60.0


def interruption_section(report: Report) -> str:
    """Bars for each setting, and tables of mechanism and cause behind them."""
    parts = []
    for setting in report.settings[:MOST_SETTINGS]:
        means = {name: means_of(report, setting, name, BARS) for name in report.strategies}
        plots = [_bars(report, means, *part) for part in PARTS]
        if not any(plots):
            continue
        figure = tag("figcaption", text(_caption(report, setting)))
        figure += tag("div", "".join(plots), klass="pair")
        table = behind("Every mechanism and cause", table_html(_table(report, setting)))
        heading = tag("h3", text(report.setting_name(setting)))
        parts.append(heading + tag("figure", figure) + table)
    return "".join([*parts, left_out(len(report.settings), "plot")]) if parts else ""


def _caption(report: Report, setting: Setting) -> str:
    cells = [c for name in report.strategies for c in report.cells(setting, name)]
    window = value_text(cells[0].simulated_ns, "ns") if cells else "the window"
    return f"Interruptions of all isolated CPUs in {window}, mean over replicates."


def _bars(
    report: Report,
    means: Mapping[str, Mapping[str, float | None]],
    group: str,
    title: str,
    kinds: Sequence[str],
) -> str:
    rows = {
        name: [found.get(SUM.format(group, kind)) for kind in kinds]
        for name, found in means.items()
    }
    rows = {name: values for name, values in rows.items() if any(v is not None for v in values)}
    if not rows:
        return ""
    left = max(LEAST_LABEL, CHARACTER * max(min(24, len(name)) for name in rows) + 10)
    most = max(sum(v or 0 for v in values) for values in rows.values())
    axis = Axis(low=0, high=max(most, 1) * 1.02, start=left, end=WIDTH - 50)
    drawn, top = legend_of_kinds(kinds, title, left)
    bottom = top + ROW * len(rows) + 4
    parts = [drawn, below(axis, bottom, top, digits)]
    for i, (name, values) in enumerate(rows.items()):
        parts.append(_bar(name, values, kinds, axis, top + ROW * i))
    parts.append(line(left, top, left, bottom, klass="axis"))
    told = f"Interruptions {title}, a bar for each strategy; numbers in the table."
    return drawing(WIDTH, bottom + 24, told, "".join(parts))


def _bar(
    name: str, values: Sequence[float | None], kinds: Sequence[str], axis: Axis, y: float
) -> str:
    parts = [label(axis.start - 8, y + 17, name[:24], anchor="end")]
    at = 0.0
    for place, (kind, value) in enumerate(zip(kinds, values, strict=True)):
        if value:
            x, end = axis.at(at), axis.at(at + value)
            told = tag("title", text(f"{name}, {kind}: {digits(value)}"))
            size = {"x": short(x), "y": short(y + 4), "width": short(end - x), "height": ROW - 8}
            colour = f"var(--s{place + 1})"
            parts.append(
                tag("rect", told, **size, klass="mark", fill=colour, stroke="var(--ground)")
            )
            at += value
    parts.append(label(axis.at(at) + 6, y + 17, digits(at), klass="soft"))
    return "".join(parts)


def legend_of_kinds(kinds: Sequence[str], title: str, left: float) -> tuple[str, float]:
    """A square of each kind's colour with its name; the drawing, and the height it takes."""
    parts, x = [label(0, 14, title, klass="strong")], left
    y = 32.0
    for place, kind in enumerate(kinds):
        size = {"x": short(x), "y": y - 9, "width": 10, "height": 10}
        parts.append(tag("rect", "", **size, fill=f"var(--s{place + 1})"))
        parts.append(label(x + 14, y, kind))
        x += 30 + CHARACTER * len(kind)
    return "".join(parts), y + 8


def _table(report: Report, setting: Setting) -> Table:
    """For each strategy, times and noise of every mechanism and cause that occurred."""
    rows: list[Row] = []
    for name in report.strategies:
        measured = report.measured.get((setting, name), Merged())
        rows.append(Heading(name))
        found = [row for m in MECHANISMS for c in CAUSES for row in _counted(measured, m, c)]
        rows += found or [["none", "", "0", value_text(0, "ns")]]
    return Table(
        caption="All isolated CPUs, mean over replicates",
        headers=["mechanism", "cause", "interruptions", "noise"],
        rows=rows,
        right=(2, 3),
    )


def _counted(measured: Merged, mechanism: str, cause: str) -> list[list[str]]:
    times = measured.mean(f"{EVERY_CPU}interruptions.{mechanism}.{cause}")
    noise_ns = measured.mean(f"{EVERY_CPU}noise_ps.{mechanism}.{cause}") / 1000
    if not times and not noise_ns:
        return []
    return [[mechanism, cause, digits(times), value_text(noise_ns, "ns")]]
