"""Decides what a part of a report is, and what stands in place of one that cannot be made."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from pcpbench.plugin.blame import raised
from pcpbench.plugin.reports import ReportSection, Wishes
from pcpbench.report.report import Report
from pcpbench.report.tables import Heading, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report. ``text``: what stands above its tables; ``items``: a list of lines."""

    title: str
    text: str = ""
    tables: Sequence[Table] = ()
    items: Sequence[str] = ()


def made(one: ReportSection, report: Report, wishes: Wishes, *, ours: bool) -> Section | None:
    """What a section says of a report, None if nothing.

    One of a plugin that raises, or gives what no report can show, says that instead: the rest of
    the report is not to suffer. ``ours``: it comes with pcpbench, and what it raises is a bug.
    """
    try:
        with redirect_stdout(sys.stderr):
            found = one.build(report, wishes)
        wrong = _wrong(found)
    except Exception as error:
        if ours:
            raise
        wrong = raised(error, caller=(__file__,))
    if wrong:
        return Section(title=one.name, items=[f"section '{one.name}' {wrong}"])
    said: Section | None = found
    return said if said is not None and (said.text or said.tables or said.items) else None


def _wrong(found: Any) -> str:
    if found is None:
        return ""
    if not isinstance(found, Section):
        return f"gave {type(found).__name__}, which is neither a Section nor None"
    lines = [found.title, found.text, *found.items]
    if not all(isinstance(line, str) for line in lines):
        return "gave a title, text or items that are no texts"
    tables: Iterable[object] = found.tables
    for table in tables:
        if not isinstance(table, Table):
            return f"gave {type(table).__name__} as a table"
        if not all(_fits(row, len(table.headers)) for row in (table.headers, *table.rows)):
            return f"gave a table with a row that is not {len(table.headers)} texts"
    return ""


def _fits(row: Any, columns: int) -> bool:
    return isinstance(row, Heading) or (
        len(row) == columns and all(isinstance(text, str) for text in row)
    )
