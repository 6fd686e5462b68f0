"""Decides how a report looks in Markdown, with tables as GitHub reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pcpbench.plugin.reports import Wishes
from pcpbench.report.document import document
from pcpbench.report.report import Report
from pcpbench.report.section import Section
from pcpbench.report.tables import Heading, Table, plain

# Characters that Markdown, or HTML within it, would take for its own.
SPECIAL = re.compile(r"([\\`*_\[\]<>|#~])")


def markdown_report(report: Report, wishes: Wishes) -> str:
    """The whole report in Markdown."""
    found = document(report, wishes)
    blocks = [f"# {escaped(found.name)}"]
    if found.question:
        blocks.append(f"**{escaped(found.question)}**")
    blocks.append("\n".join(f"- {escaped(text)}" for text in found.answer))
    for section in found.sections:
        blocks += _section(section)
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """The text on one line, such that Markdown shows it as it is."""
    return SPECIAL.sub(r"\\\1", " ".join(plain(text).split()))


def _section(section: Section) -> list[str]:
    blocks = [f"## {escaped(section.title)}"]
    if section.text:
        blocks.append(escaped(section.text))
    for table in section.tables:
        blocks += _table(table)
    if section.items:
        lines = [line.removeprefix("- ").removeprefix("* ") for line in section.items]
        blocks.append("\n".join(f"- {escaped(line)}" for line in lines))
    return blocks


def _table(table: Table) -> list[str]:
    blocks = [f"### {escaped(table.caption.removesuffix(':'))}"] if table.caption else []
    if not table.rows:
        return [*blocks, escaped(table.empty)]
    rules = ["---:" if i in table.right else "---" for i in range(len(table.headers))]
    lines = [_line([escaped(header) for header in table.headers]), _line(rules)]
    for row in table.rows:
        if isinstance(row, Heading):
            blank = [""] * (len(table.headers) - 1)
            lines.append(_line([f"**{escaped(row.text.removesuffix(':'))}**", *blank]))
        elif any(row):
            lines.append(_line([escaped(cell) for cell in row]))
    notes = [f"- {escaped(note.removeprefix('- '))}" for note in table.notes]
    return [*blocks, "\n".join(lines), *(["\n".join(notes)] if notes else [])]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
