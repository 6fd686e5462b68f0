"""Decides the order of a report, and which tables and sentences every written form shows.

Terminal, LKML text, Markdown and HTML lay out the same document, so that their numbers agree to
the digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pcpbench.report.answer import answer
from pcpbench.report.effects import effect_tables
from pcpbench.report.means import means_table
from pcpbench.report.notes import failures, gaps, measured, timings
from pcpbench.report.pairs import pair_tables
from pcpbench.report.ranking import ranking_tables
from pcpbench.report.references import reference_table
from pcpbench.report.replicates import replicates
from pcpbench.report.report import Report
from pcpbench.report.sweeps import swept
from pcpbench.report.tables import Table
from pcpbench.report.verdicts import primary_tables, secondary_tables

VERDICTS = "Verdicts on primary metrics"
RANKING = "Ranking over all settings"
SWEEP = "Over the sweep"
SETTINGS = "Every setting"
OTHERS = "Differences in other metrics"
PAIRS = "Candidates beside each other"
EFFECTS = "Beside the verdicts"
REFERENCES = "Published numbers"
REPLICATES = "How many replicates"
FAILED = "Failed cells"
GAPS = "Metrics without a value"
MEASURED = "How it was measured"
EXPLORATORY = (
    "Exploratory: of all differences called so, about 5 % are expected to be false. Totals "
    "over isolated CPUs (.sum) are left out where they agree with the worst of them."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report. ``text``: what stands above its tables; ``items``: a list of lines."""

    title: str
    text: str = ""
    tables: Sequence[Table] = ()
    items: Sequence[str] = ()


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


def document(report: Report, *, with_timings: bool = False) -> Document:
    """The whole report; sections that have nothing to say are left out."""
    numbers = len(report.failed) < len(report.results)
    sections = [
        *(_numbers(report) if numbers else []),
        Section(title=FAILED, items=failures(report)),
        Section(title=GAPS, items=gaps(report)),
        Section(
            title=MEASURED, items=[*measured(report), *(timings(report) if with_timings else [])]
        ),
    ]
    return Document(
        name=report.header.name,
        question=report.header.question.strip(),
        answer=answer(report),
        sections=[found for found in sections if found.tables or found.items],
    )


def _numbers(report: Report) -> list[Section]:
    curves = [one.table() for along in swept(report).values() for one in along]
    settings = [means_table(report, setting) for setting in report.settings]
    found = [
        Section(title=RANKING, tables=ranking_tables(report)),
        Section(title=VERDICTS, tables=primary_tables(report)),
        Section(title=PAIRS, tables=pair_tables(report)),
        Section(title=EFFECTS, tables=effect_tables(report)),
        Section(title=REPLICATES, items=replicates(report)),
        Section(title=REFERENCES, tables=[reference_table(report)] if report.references else ()),
        Section(title=SWEEP, tables=curves),
        Section(title=SETTINGS, tables=settings),
    ]
    if not all(comparison.primary for comparison in report.comparisons):
        found.append(Section(title=OTHERS, text=EXPLORATORY, tables=secondary_tables(report)))
    return found
