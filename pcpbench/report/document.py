"""Decides the order of a report, and which tables and sentences every written form shows.

Terminal, LKML text, Markdown and HTML lay out the same document, so that their numbers agree to
the digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pcpbench.plugin.reports import ReportSection, Wishes
from pcpbench.report.answer import answer
from pcpbench.report.report import Report
from pcpbench.report.section import Section, made
from pcpbench.report.sections import NAMES, SECTIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report in words and tables. ``answer``: paragraphs that stand first."""

    name: str
    question: str
    answer: Sequence[str]
    sections: Sequence[Section]

    def section(self, title: str) -> Section | None:
        """The section of a title, None if the report has none."""
        return next((found for found in self.sections if found.title == title), None)


def document(report: Report, wishes: Wishes | None = None) -> Document:
    """The whole report; sections that have nothing to say are left out."""
    wishes = wishes or Wishes()
    numbers = len(report.failed) < len(report.results)
    shown = [one for one in _in_order(report) if numbers or not one.of_values]
    found = [made(one, report, wishes, ours=one.name in NAMES) for one in shown]
    return Document(
        name=report.header.name,
        question=report.header.question.strip(),
        answer=answer(report),
        sections=[section for section in found if section is not None],
    )


def added_sections(report: Report, wishes: Wishes) -> list[tuple[str, Section]]:
    """What plugins add to the report: names and sections."""
    added = [one for one in report.sections if one.name not in NAMES]
    found = [(one.name, made(one, report, wishes, ours=False)) for one in added]
    return [(name, section) for name, section in found if section is not None]


def _in_order(report: Report) -> list[ReportSection]:
    """All sections: those of plugins after the built-in ones that are of values."""
    own = report.sections or SECTIONS
    return sorted(own, key=lambda section: not section.of_values)
