"""Decides how comparisons are tabled: primary ones in full, of the others what differs."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.assumed import ADDED_UP, is_added_up, starred
from pcpbench.report.numbers import change_text, changes_text, margin_text, p_text, value_text
from pcpbench.report.report import Report
from pcpbench.report.robustness import fragile
from pcpbench.report.tables import HARD_SPACE, INDENT, Heading, Row, Table
from pcpbench.report.transplanted import marked, notes
from pcpbench.report.words import by_verdict, verdict_word
from pcpbench.statistics.comparison import Comparison

PRIMARY_HEADERS = ("", "mean", "change, 95 %", "adj. p", "verdict")
DIRECTIONS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "neither": "no direction is better",
}


def primary_tables(report: Report) -> list[Table]:
    """A table for each primary metric: every setting and strategy, with verdicts and reasons."""
    tables = []
    for name in report.header.primary:
        comparisons = [c for c in report.comparisons if c.metric == name]
        if name not in report.metrics:
            empty = f"{name}: not compared, as no plugin in use declares it."
            tables.append(Table(caption="", headers=PRIMARY_HEADERS, rows=[], empty=empty))
        elif comparisons:
            tables.append(_primary_table(report, report.metrics[name], comparisons))
    return tables


def _primary_table(report: Report, metric: Metric, comparisons: Sequence[Comparison]) -> Table:
    margin = margin_text(comparisons[0].margin, metric)
    about = f"{metric.name}: {metric.title}; {DIRECTIONS[metric.better]}; margin {margin}"
    about += f"; assumed: {metric.assumed}" if metric.assumed else ""
    return Table(
        caption=about,
        headers=PRIMARY_HEADERS,
        rows=primary_rows(report, metric, comparisons),
        right=(1,),
        verdicts=4,
        notes=[*reasons(report, comparisons), *_transplanted(report, comparisons)],
    )


def primary_rows(report: Report, metric: Metric, comparisons: Sequence[Comparison]) -> list[Row]:
    """A heading for each setting; below it the baseline and every candidate: label, mean, change
    with its interval, adjusted p, verdict."""
    rows: list[Row] = []
    setting = None
    for c in comparisons:
        if c.setting != setting:
            setting = c.setting
            mean = value_text(c.baseline_value, metric.unit)
            name = Heading(report.setting_name(setting))
            baseline = marked(report, [c.kernel], c.baseline)
            rows += [name, [f"{INDENT * 2}{baseline}", mean, "baseline", "", ""]]
        rows.append(
            [
                f"{INDENT * 2}{marked(report, [c.kernel], c.candidate)}",
                value_text(c.candidate_value, metric.unit),
                _unbroken(change_text(c, metric)),
                decisive_p(c),
                verdict_word(c),
            ]
        )
    return rows


def _transplanted(report: Report, comparisons: Sequence[Comparison]) -> Sequence[str]:
    kernels = dict.fromkeys(c.kernel for c in comparisons)
    labels = dict.fromkeys(label for c in comparisons for label in (c.baseline, c.candidate))
    return notes(report, kernels, labels)


def _unbroken(change: str) -> str:
    """The change with its interval in one piece."""
    return change.replace(", ", f",{HARD_SPACE}")


def decisive_p(comparison: Comparison) -> str:
    """The adjusted p-value on which the verdict rests."""
    if comparison.verdict == "equivalent":
        return p_text(comparison.p_equivalence)
    return p_text(comparison.p_difference)


def reasons(report: Report, comparisons: Sequence[Comparison]) -> list[str]:
    """The reasons of the comparisons, each with the places where it applies."""
    places: dict[str, list[str]] = {}
    for c in comparisons:
        turns = fragile(c)
        metric = report.metrics[c.metric]
        added_up = not metric.assumed and is_added_up(metric, c)
        own = [*([turns] if turns else []), *([ADDED_UP] if added_up else [])]
        for reason in [*c.reasons, *own]:
            place = f"{report.setting_name(c.setting)}, {c.candidate}"
            places.setdefault(reason, []).append(place)
    return [
        f"- {reason} ({'; '.join(where) if len(where) < len(comparisons) else 'everywhere'})"
        for reason, where in places.items()
    ]


def secondary_tables(report: Report) -> list[Table]:
    """Exploratory comparisons that differ: a table for each candidate, a row for each metric."""
    tables = []
    for candidate in report.candidates:
        rows = [
            row
            for metric in report.metrics.values()
            if not _repeats(report, metric.name, candidate)
            for row in _secondary_rows(metric, _secondary(report, metric.name, candidate))
        ]
        lead = f"{candidate} instead of {report.header.baseline}"
        tables.append(
            Table(
                caption=f"{lead}:" if rows else "",
                headers=["metric", "verdict", "settings", "change"],
                rows=rows,
                verdicts=1,
                empty=f"{lead}: none shows a difference.",
            )
        )
    return tables


def _secondary(report: Report, name: str, candidate: str) -> list[Comparison]:
    return [c for c in report.compared(name, candidate) if not c.primary]


def _repeats(report: Report, name: str, candidate: str) -> bool:
    """Whether a total over isolated CPUs has the verdicts that the worst of them has already."""
    if not name.endswith(".sum"):
        return False
    worst = report.compared(name.removesuffix(".sum"), candidate)
    total = report.compared(name, candidate)
    return [verdict_word(c) for c in worst] == [verdict_word(c) for c in total]


def _secondary_rows(metric: Metric, comparisons: Sequence[Comparison]) -> list[list[str]]:
    groups = by_verdict(comparisons)
    return [
        [
            starred(metric, groups[word]),
            word,
            f"{len(groups[word])} of {len(comparisons)}",
            changes_text(groups[word], metric),
        ]
        for word in ("better", "worse", "differs")
        if word in groups
    ]
