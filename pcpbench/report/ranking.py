"""Decides how strategies are ranked over all settings, where there are enough to rank."""

from __future__ import annotations

from pcpbench.metrics.metric import Metric
from pcpbench.report import transplanted
from pcpbench.report.numbers import interval_text
from pcpbench.report.report import Report
from pcpbench.report.tables import Table
from pcpbench.report.transplanted import marked
from pcpbench.report.words import listed
from pcpbench.statistics.ranking import Ranked, rank

LEAST_STRATEGIES = 4


def ranking_tables(report: Report) -> list[Table]:
    """A table for each primary metric, from the best strategy to the worst; none where there are
    few strategies, which the verdicts show side by side."""
    if len(report.strategies) < LEAST_STRATEGIES:
        return []
    metrics = [report.metrics[name] for name in report.header.primary if name in report.metrics]
    return [_table(report, metric) for metric in metrics if metric.better != "neither"]


def _table(report: Report, metric: Metric) -> Table:
    ranked, left_out = rank(report.results, baseline=report.header.baseline, metric=metric)
    reason = "not ranked, as they lack a value in some cells"
    kernels = dict.fromkeys(setting.kernel for setting in report.settings)
    shown = [one.strategy for one in ranked]
    notes = [f"- {reason}: {listed(left_out)}"] if left_out else []
    over = f", mean of {len(report.settings)} settings" if len(report.settings) > 1 else ""
    return Table(
        caption=f"{metric.name}: change from {report.header.baseline}{over}",
        headers=["", "strategy", "change, 95 %"],
        rows=[
            [str(place), marked(report, kernels, one.strategy), _change(report, one, metric)]
            for place, one in enumerate(ranked, start=1)
        ],
        right=(0,),
        notes=[*notes, *transplanted.notes(report, kernels, shown)],
    )


def _change(report: Report, one: Ranked, metric: Metric) -> str:
    if one.strategy == report.header.baseline:
        return "baseline"
    return interval_text(one.estimate, one.low, one.high, metric)
