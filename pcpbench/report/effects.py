"""Decides how win rates and effect sizes of primary comparisons are tabled."""

from __future__ import annotations

from pcpbench.report.report import Report
from pcpbench.report.tables import INDENT, Heading, Row, Table
from pcpbench.statistics.comparison import Comparison

HEADERS = ("", "better in", "effect size")
CAPTION = (
    "In how many pairs the candidate is better, ties counted half, and the mean difference in "
    "standard deviations of the differences (Hedges):"
)


def effect_tables(report: Report) -> list[Table]:
    """One table: a heading for each primary metric, below it every candidate and setting that has
    a win rate or an effect size; none if there is nothing to show."""
    rows: list[Row] = []
    for name in report.header.primary:
        found = [
            [f"{INDENT * 2}{c.candidate}, {report.setting_name(c.setting)}", _wins(c), _size(c)]
            for c in report.comparisons
            if c.metric == name and (c.win_rate is not None or c.effect_size is not None)
        ]
        rows += [Heading(name), *found] if found else []
    table = Table(caption=CAPTION, headers=HEADERS, rows=rows, right=(1, 2))
    return [table] if rows else []


def _wins(c: Comparison) -> str:
    return "-" if c.win_rate is None else f"{c.win_rate * c.n:g} of {c.n}"


def _size(c: Comparison) -> str:
    return "-" if c.effect_size is None else f"{c.effect_size:+.2f}"
