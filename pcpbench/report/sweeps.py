"""Decides which lines of a sweep are shown, and tables each: a row for every swept value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pcpbench.metrics.metric import Metric
from pcpbench.report.means import means_of
from pcpbench.report.numbers import value_text
from pcpbench.report.report import Report
from pcpbench.report.tables import Table
from pcpbench.statistics.pairing import Setting

# Shown beside the primary metrics: how long a drain takes is what mostly depends on a sweep.
ALSO = ("drain.latency_ns.mean", "drain.latency_ns.p50")
MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class Line:
    """Settings that differ in one swept path only, by its value."""

    name: str
    path: str
    settings: Mapping[object, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """One metric along a line: its mean over replicates by strategy and swept value, None where
    a replicate lacks it."""

    line: Line
    metric: Metric
    values: Mapping[str, Mapping[object, float | None]]

    @property
    def present(self) -> list[float]:
        """The values that there are."""
        return [v for cells in self.values.values() for v in cells.values() if v is not None]

    def table(self) -> Table:
        """A row for each swept value, a column for each strategy."""
        rows = [
            [str(at), *(_told(cells.get(at), self.metric) for cells in self.values.values())]
            for at in self.line.settings
        ]
        return Table(
            caption=f"{self.line.name}: {self.metric.title}, mean",
            headers=[self.line.path, *self.values],
            rows=rows,
            right=range(1, len(self.values) + 1),
            splits=True,
        )


def swept(report: Report) -> dict[str, list[Swept]]:
    """By the name of a line, each metric that has a value on it; empty without a sweep."""
    names = [*report.header.primary, *(n for n in ALSO if n not in report.header.primary)]
    metrics = [report.metrics[name] for name in names if name in report.metrics]
    found = {}
    for line in sweep_lines(report)[:MOST_LINES]:
        means = {
            label: {
                at: means_of(report, setting, label, names) for at, setting in line.settings.items()
            }
            for label in report.strategies
        }
        along = [
            Swept(
                line=line,
                metric=metric,
                values={
                    label: {at: cell.get(metric.name) for at, cell in cells.items()}
                    for label, cells in means.items()
                },
            )
            for metric in metrics
        ]
        found[line.name] = [one for one in along if one.present]
    return {name: along for name, along in found.items() if along}


def sweep_lines(report: Report) -> list[Line]:
    """Every line of at least two settings, in the order of the report."""
    paths = list(dict.fromkeys(path for s in report.settings for path, _ in s.sweep))
    lines: list[Line] = []
    for path in paths:
        groups: dict[str, dict[object, Setting]] = {}
        for setting in report.settings:
            rest = tuple(pair for pair in setting.sweep if pair[0] != path)
            if len(rest) < len(setting.sweep):
                others = Setting(setting.hardware, setting.kernel, setting.scenario, rest)
                name = f"{report.setting_name(others)} over {path}"
                groups.setdefault(name, {})[dict(setting.sweep)[path]] = setting
        lines += [Line(name, path, found) for name, found in groups.items() if len(found) > 1]
    return lines


def _told(value: float | None, metric: Metric) -> str:
    return "null" if value is None else value_text(value, metric.unit)
