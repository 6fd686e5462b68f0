"""Decides how published numbers are set beside those of the run: a table of hits and misses."""

from __future__ import annotations

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import digits, value_text
from pcpbench.report.report import Report
from pcpbench.report.tables import INDENT, Heading, Row, Table
from pcpbench.report.words import listed
from pcpbench.statistics.reference import Reference, ReferenceRow

HEADERS = ("", "here", "95 %", "outcome")


def reference_table(report: Report) -> Table:
    """A heading for each published number, and below it what the run has."""
    rows: list[Row] = []
    reference = None
    for row in report.references:
        if row.reference != reference:
            reference = row.reference
            rows.append(Heading(_published(row, report.metrics.get(reference.metric))))
        rows.append(_row(report, row))
    counts = {
        word: sum(row.outcome == word for row in report.references)
        for word in ("hit", "miss", "no value")
    }
    told = [f"{count} {word}" for word, count in counts.items() if count]
    notes = [
        f"- {row.reference.name}{_where(report, row)}: no value, {row.why}"
        for row in report.references
        if row.why
    ]
    caption = f"Published numbers beside those of this run: {listed(told)}." if told else ""
    return Table(caption=caption, headers=HEADERS, rows=rows, right=(1,), notes=notes)


def _published(row: ReferenceRow, metric: Metric | None) -> str:
    """The number, what of the run counts as it, and who published it."""
    reference = row.reference
    number = _range((reference.low, reference.high), reference, metric)
    against = f" against {reference.against}" if reference.against else ""
    text = f"{reference.name}: {reference.metric} {number}{against}"
    if row.accepted != (reference.low, reference.high):
        text += f", accepted {_range(row.accepted, reference, metric)}"
    return f"{text} ({reference.source})"


def _where(report: Report, row: ReferenceRow) -> str:
    if row.setting is None:
        return ""
    return f", {row.strategy} in {report.setting_name(row.setting)}"


def _row(report: Report, row: ReferenceRow) -> list[str]:
    reference, metric = row.reference, report.metrics.get(row.reference.metric)
    place = "nowhere in this run"
    if row.setting is not None:
        place = f"{row.strategy}, {report.setting_name(row.setting)}"
    ends = (row.low, row.high)
    interval = "" if None in ends else _range((row.low or 0.0, row.high or 0.0), reference, metric)
    return [
        f"{INDENT * 2}{place}",
        "-" if row.measured is None else _text(row.measured, reference, metric),
        interval,
        row.outcome,
    ]


def _range(ends: tuple[float, float], reference: Reference, metric: Metric | None) -> str:
    return " to ".join(dict.fromkeys(_text(end, reference, metric) for end in ends))


def _text(number: float, reference: Reference, metric: Metric | None) -> str:
    if reference.against is not None:
        return f"{100 * number:+.2f} %"
    return digits(number) if metric is None else value_text(number, metric.unit)
