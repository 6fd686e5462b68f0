"""Decides which strategies are worth choosing: those that no other beats in all primary metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING

from pcpbench.plugin import ReportSection, Wishes, hookimpl

if TYPE_CHECKING:
    from pcpbench.metrics import Metric
    from pcpbench.report import Report, Section

Means = Mapping[str, Sequence[float]]  # of a strategy, one for each metric; less is better


def unbeaten(means: Means) -> list[str]:
    """The strategies to which no other is at least equal in all metrics and better in one."""
    return [
        one
        for one, own in means.items()
        if not any(other != own and _at_least_equal(other, own) for other in means.values())
    ]


def _at_least_equal(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))


def build(report: Report, wishes: Wishes) -> Section | None:
    """A row for each setting of the run. None without two metrics that have a better direction."""
    from pcpbench.report import Section, Table

    metrics = [
        report.metrics[name]
        for name in report.header.primary
        if name in report.metrics and report.metrics[name].better != "neither"
    ]
    if len(metrics) < 2:
        return None
    rows = []
    for setting in report.settings:
        means = {
            label: mean
            for label in report.strategies
            if (mean := _means(report, setting, label, metrics)) is not None
        }
        best = unbeaten(means)
        beaten = [label for label in means if label not in best]
        rows.append([report.setting_name(setting), ", ".join(best), ", ".join(beaten) or "none"])
    return Section(
        title="Worth choosing",
        text="A strategy is beaten if another has a mean that is at least as good in all of "
        f"{', '.join(metric.name for metric in metrics)}, and better in one. Means only: "
        "the verdicts say what is sure.",
        tables=[Table(caption="", headers=["setting", "unbeaten", "beaten"], rows=rows)],
    )


def _means(
    report: Report, setting: object, label: str, metrics: Sequence[Metric]
) -> list[float] | None:
    """Means over the replicates, signed such that less is better; None if one is missing."""
    means = []
    for metric in metrics:
        values = [cell.metrics.get(metric.name) for cell in report.cells(setting, label)]
        present = [float(value) for value in values if value is not None]
        if not present:
            return None
        means.append(fmean(present) * (1 if metric.better == "lower" else -1))
    return means


SECTION = ReportSection(name="pareto", summary="strategies that no other beats", build=build)


@hookimpl
def pcpbench_report_sections() -> Sequence[ReportSection]:
    return [SECTION]
