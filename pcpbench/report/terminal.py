"""Decides the order of a report on a terminal: the answer, the verdicts, then the details."""

from __future__ import annotations

from pcpbench.report.answer import answer
from pcpbench.report.means import means_tables
from pcpbench.report.notes import failures, gaps, measured
from pcpbench.report.report import Report
from pcpbench.report.tables import paragraph
from pcpbench.report.verdicts import primary_tables, secondary_tables

LEAST_WIDTH = 40


def render_terminal(report: Report, *, width: int = 80, colour: bool = False) -> str:
    """The report as text no wider than ``width`` columns (at least 40). ``colour``: use ANSI
    colours for verdicts; without it there is no escape sequence."""
    width = max(width, LEAST_WIDTH)
    sections = [
        _answer(report, width),
        *(_numbers(report, width, colour) if len(report.failed) < len(report.results) else []),
        *_listing("Failed cells", failures(report), width),
        *_listing("Metrics without a value", gaps(report), width),
        *_listing("How it was measured", measured(report), width),
    ]
    return "\n\n".join(sections) + "\n"


def _numbers(report: Report, width: int, colour: bool) -> list[str]:
    tables = primary_tables(report, width=width, colour=colour)
    return [
        *_titled("Verdicts on primary metrics", tables),
        *_means(report, width),
        *_secondary(report, width),
    ]


def _answer(report: Report, width: int) -> str:
    question = report.header.question.strip()
    title = f"{report.header.name}: {question}" if question else report.header.name
    lines = [title, *[f"- {text}" for text in answer(report)]]
    return "\n".join(paragraph(line, width=width, indent="  ") for line in lines)


def _titled(title: str, blocks: list[str]) -> list[str]:
    return [f"{title}\n{'=' * len(title)}", *blocks] if blocks else []


def _means(report: Report, width: int) -> list[str]:
    blocks = []
    for setting in report.settings:
        title = paragraph(report.setting_name(setting), width=width)
        table = means_tables(report, setting, width=width)
        blocks.append(f"{title}\n\n{table or 'No cell of this setting ended well.'}")
    return _titled("Every setting", blocks)


def _secondary(report: Report, width: int) -> list[str]:
    if all(comparison.primary for comparison in report.comparisons):
        return []
    note = (
        "Exploratory: of all differences called so, about 5 % are expected to be false. Totals "
        "over isolated CPUs (.sum) are left out where they agree with the worst of them."
    )
    blocks = [paragraph(note, width=width), *secondary_tables(report, width=width)]
    return _titled("Differences in other metrics", blocks)


def _listing(title: str, lines: list[str], width: int) -> list[str]:
    text = "\n".join(paragraph(line, width=width, indent="  ") for line in lines)
    return _titled(title, [text] if lines else [])
