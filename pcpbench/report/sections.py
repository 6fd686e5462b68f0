"""Decides which sections come with pcpbench, and their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pcpbench.plugin.reports import ReportSection, Wishes
from pcpbench.report.effects import effect_tables
from pcpbench.report.means import means_table
from pcpbench.report.notes import failures, gaps, measured, timings
from pcpbench.report.pairs import pair_tables
from pcpbench.report.ranking import ranking_tables
from pcpbench.report.references import reference_table
from pcpbench.report.replicates import replicates
from pcpbench.report.report import Report
from pcpbench.report.section import Section
from pcpbench.report.sensitivity import METHOD, sensitivity_tables
from pcpbench.report.sweeps import swept
from pcpbench.report.tables import Table
from pcpbench.report.verdicts import primary_tables, secondary_tables

VERDICTS = "Verdicts on primary metrics"
RANKING = "Ranking over all settings"
SENSITIVITY = "Sensitivity"
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


def _tables(title: str, of: Callable[[Report], Sequence[Table]]) -> Callable[..., Section]:
    return lambda report, wishes: Section(title=title, tables=of(report))


def _items(title: str, of: Callable[[Report], Sequence[str]]) -> Callable[..., Section]:
    return lambda report, wishes: Section(title=title, items=of(report))


def _references(report: Report) -> Sequence[Table]:
    return [reference_table(report)] if report.references else ()


def _curves(report: Report) -> Sequence[Table]:
    return [one.table() for along in swept(report).values() for one in along]


def _means(report: Report) -> Sequence[Table]:
    return [means_table(report, setting) for setting in report.settings]


def _sensitivity(report: Report, wishes: Wishes) -> Section | None:
    tables = sensitivity_tables(report)
    return Section(title=SENSITIVITY, text=METHOD, tables=tables) if tables else None


def _others(report: Report, wishes: Wishes) -> Section | None:
    if all(comparison.primary for comparison in report.comparisons):
        return None
    tables = secondary_tables(report)
    return Section(title=OTHERS, text=EXPLORATORY, tables=tables) if tables else None


def _measured(report: Report, wishes: Wishes) -> Section:
    lines = [*measured(report), *(timings(report) if wishes.timings else [])]
    return Section(title=MEASURED, items=lines)


def _section(
    name: str, summary: str, build: Callable[..., Section | None], *, of_values: bool = True
) -> ReportSection:
    return ReportSection(name=name, summary=summary, build=build, of_values=of_values)


SECTIONS = (
    _section("ranking", "strategies from best to worst", _tables(RANKING, ranking_tables)),
    _section("verdicts", "primary metrics in full", _tables(VERDICTS, primary_tables)),
    _section("sensitivity", "verdicts over draws of uncertain numbers", _sensitivity),
    _section("pairs", "candidates beside each other", _tables(PAIRS, pair_tables)),
    _section("effects", "effect sizes and win rates", _tables(EFFECTS, effect_tables)),
    _section("replicates", "how many replicates were needed", _items(REPLICATES, replicates)),
    _section("references", "published numbers beside the run's", _tables(REFERENCES, _references)),
    _section("sweep", "primary metrics along the sweep", _tables(SWEEP, _curves)),
    _section("settings", "means in every setting", _tables(SETTINGS, _means)),
    _section("others", "exploratory differences", _others),
    _section("failed", "cells that failed, and why", _items(FAILED, failures), of_values=False),
    _section("gaps", "metrics without a value", _items(GAPS, gaps), of_values=False),
    _section("measured", "how the run was made", _measured, of_values=False),
)
NAMES = frozenset(section.name for section in SECTIONS)
