"""Decides how comparisons are tabled: primary ones in full, of the others what differs."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import change_text, changes_text, margin_text, p_text, value_text
from pcpbench.report.report import Report, setting_of
from pcpbench.report.tables import HARD_SPACE, fitted_table, paragraph
from pcpbench.report.words import by_verdict, verdict_paint, verdict_word
from pcpbench.statistics.comparison import Comparison

DIRECTIONS = {
    "lower": "lower is better",
    "higher": "higher is better",
    "neither": "no direction is better",
}


def primary_tables(report: Report, *, width: int, colour: bool) -> list[str]:
    """A table for each primary metric: every setting and strategy, with verdicts and reasons."""
    blocks = []
    for name in report.header.primary:
        if name not in report.metrics:
            text = f"{name}: not compared, as no plugin in use declares it."
            blocks.append(paragraph(text, width=width))
            continue
        metric = report.metrics[name]
        comparisons = [c for c in report.comparisons if c.metric == name]
        if comparisons:
            blocks.append(_primary_table(report, metric, comparisons, width, colour))
    return blocks


def _primary_table(
    report: Report, metric: Metric, comparisons: Sequence[Comparison], width: int, colour: bool
) -> str:
    margin = margin_text(comparisons[0].margin, metric)
    about = f"{metric.name}: {metric.title}; {DIRECTIONS[metric.better]}; margin {margin}"
    about += f"; assumed: {metric.assumed}" if metric.assumed else ""
    rows = []
    setting = None
    for c in comparisons:
        name = report.setting_name(setting_of(c))
        if name != setting:
            mean = value_text(c.baseline_value, metric.unit)
            rows.append([name, c.baseline, mean, "baseline", "", ""])
        setting = name
        mean = value_text(c.candidate_value, metric.unit)
        rows.append(
            [
                "",
                c.candidate,
                mean,
                _unbroken(change_text(c, metric)),
                _decisive_p(c),
                verdict_word(c),
            ]
        )
    headers = ["setting", "strategy", "mean", "change, 95 %", "adj. p", "verdict"]
    table = fitted_table(headers, rows, width=width, right=(2,), paint={5: verdict_paint(colour)})
    return "\n".join(
        [paragraph(about, width=width, indent="  "), table, *_notes(report, comparisons, width)]
    )


def _unbroken(change: str) -> str:
    """The change with its interval in one piece."""
    return change.replace(", ", f",{HARD_SPACE}")


def _decisive_p(comparison: Comparison) -> str:
    if comparison.verdict == "equivalent":
        return p_text(comparison.p_equivalence)
    return p_text(comparison.p_difference)


def _notes(report: Report, comparisons: Sequence[Comparison], width: int) -> list[str]:
    """The reasons of the comparisons, each with the places where it applies."""
    places: dict[str, list[str]] = {}
    for c in comparisons:
        for reason in c.reasons:
            place = f"{report.setting_name(setting_of(c))}, {c.candidate}"
            places.setdefault(reason, []).append(place)
    return [
        paragraph(
            f"- {reason} ({'; '.join(where) if len(where) < len(comparisons) else 'everywhere'})",
            width=width,
            indent="  ",
        )
        for reason, where in places.items()
    ]


def secondary_tables(report: Report, *, width: int) -> list[str]:
    """Exploratory comparisons that differ: a table for each candidate, a row for each metric."""
    blocks = []
    for candidate in report.candidates:
        rows = [
            row
            for metric in report.metrics.values()
            if not _repeats(report, metric.name, candidate)
            for row in _secondary_rows(metric, _secondary(report, metric.name, candidate))
        ]
        lead = f"{candidate} instead of {report.header.baseline}"
        if rows:
            table = fitted_table([lead, "verdict", "settings", "change"], rows, width=width)
            blocks.append(table)
        else:
            blocks.append(paragraph(f"{lead}: none shows a difference.", width=width))
    return blocks


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
    name = f"{metric.name} *" if metric.assumed else metric.name
    return [
        [
            name,
            word,
            f"{len(groups[word])} of {len(comparisons)}",
            changes_text(groups[word], metric),
        ]
        for word in ("better", "worse", "differs")
        if word in groups
    ]
