"""Decides how pairs of strategies without the baseline are tabled."""

from __future__ import annotations

from pcpbench.report.numbers import change_text
from pcpbench.report.report import Report
from pcpbench.report.tables import HARD_SPACE, Heading, Row, Table
from pcpbench.report.verdicts import decisive_p
from pcpbench.report.words import verdict_word

HEADERS = ("", "change, 95 %", "adj. p", "verdict")


def pair_tables(report: Report) -> list[Table]:
    """A table for each primary metric: every pair in every setting."""
    tables = []
    for name in report.header.primary:
        found = [c for c in report.other_pairs if c.metric == name]
        rows: list[Row] = []
        setting = None
        for c in found:
            if c.setting != setting:
                setting = c.setting
                rows.append(Heading(report.setting_name(setting)))
            change = change_text(c, report.metrics[name]).replace(", ", f",{HARD_SPACE}")
            words = f"{c.candidate} instead of {c.baseline}"
            rows.append([words, change, decisive_p(c), verdict_word(c)])
        if rows:
            tables.append(Table(caption=name, headers=HEADERS, rows=rows, verdicts=3))
    return tables
