"""Decides how a report is laid out on a terminal of some width."""

from __future__ import annotations

from pcpbench.plugin.reports import Wishes
from pcpbench.report.document import document
from pcpbench.report.report import Report
from pcpbench.report.section import Section
from pcpbench.report.sections import SETTINGS
from pcpbench.report.tables import Table, fitted_table, paragraph, table_width
from pcpbench.report.words import verdict_paint

LEAST_WIDTH = 40
MOST_SETTINGS = 16  # tables of means; nobody reads more of them on a terminal
ELSEWHERE = "--format markdown and --format html have their means, --format csv-cells every value."
AT_ONCE = 4  # strategies beside each other; more are hard to read


def terminal_report(report: Report, wishes: Wishes) -> str:
    """The report as text for a terminal."""
    return render_terminal(report, width=wishes.width, colour=wishes.colour, timings=wishes.timings)


def render_terminal(
    report: Report, *, width: int = 80, colour: bool = False, timings: bool = False
) -> str:
    """The report as text no wider than ``width`` columns (at least 40). ``colour``: use ANSI
    colours for verdicts; without it there is no escape sequence. ``timings``: add wall times."""
    width = max(width, LEAST_WIDTH)
    found = document(report, Wishes(timings=timings))
    title = f"{found.name}: {found.question}" if found.question else found.name
    lines = [title, *[f"- {text}" for text in found.answer]]
    blocks = [
        "\n".join(paragraph(line, width=width, indent="  ") for line in lines),
        *[block for section in found.sections for block in _section(section, width, colour)],
    ]
    return "\n\n".join(blocks) + "\n"


def _section(section: Section, width: int, colour: bool) -> list[str]:
    blocks = [f"{section.title}\n{'=' * len(section.title)}"]
    if section.text:
        blocks.append(paragraph(section.text, width=width))
    if section.title == SETTINGS and len(section.tables) > MOST_SETTINGS:
        told = f"{len(section.tables)} settings are too many to be shown here: {ELSEWHERE}"
        return [*blocks, paragraph(told, width=width)]
    for table in section.tables:
        blocks += table_blocks(table, width=width, colour=colour)
    if section.items:
        items = [paragraph(line, width=width, indent="  ") for line in section.items]
        blocks.append("\n".join(items))
    return blocks


def table_blocks(table: Table, *, width: int, colour: bool = False) -> list[str]:
    """A table with its caption and notes, in several blocks if its columns must be split."""
    if not table.rows:
        text = f"{table.caption}\n{table.empty}" if table.caption else table.empty
        return ["\n".join(paragraph(line, width=width) for line in text.splitlines())]
    paint = {} if table.verdicts is None else {table.verdicts: verdict_paint(colour)}
    caption = [paragraph(table.caption, width=width, indent="  ")] if table.caption else []
    notes = [paragraph(note, width=width, indent="  ") for note in table.notes]
    parts = _parts(table, width) if table.splits else [table]
    texts = [
        fitted_table(p.headers, p.rows, width=width, right=p.right, paint=paint) for p in parts
    ]
    return ["\n".join([*caption, texts[0], *notes]), *texts[1:]]


def _parts(table: Table, width: int) -> list[Table]:
    """Tables with the first column and as many of the others as fit."""
    parts = []
    left = list(range(1, len(table.headers)))
    while left:
        size = len(left)
        part = table.columns([0, *left])
        while size > 1 and (size > AT_ONCE or table_width(part.headers, part.rows) > width):
            size -= 1
            part = table.columns([0, *left[:size]])
        parts.append(part)
        left = left[size:]
    return parts
