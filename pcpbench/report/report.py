"""Decides what every form of report is made of, so that none recomputes another's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pcpbench.metrics.metric import Metric
from pcpbench.simulator.cell import CellResult
from pcpbench.statistics.compare import compare_cells
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.pairing import Setting
from pcpbench.store.run_header import RunHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run with its comparisons. ``results``: in the order in which they are shown. ``metrics``:
    the declared ones by name; a metric of the run that is not declared is in the cells only.
    ``path``: of the run file, as the user named it."""

    header: RunHeader
    results: tuple[CellResult, ...]
    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    path: str | None = None

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every combination of hardware, kernel, scenario and sweep point, as they appear."""
        return tuple(dict.fromkeys(Setting.of(result.cell) for result in self.results))

    @property
    def strategies(self) -> tuple[str, ...]:
        """Labels of the strategies: the baseline, then the others as they appear."""
        labels = dict.fromkeys(result.cell.strategy.label for result in self.results)
        baseline = self.header.baseline
        return (*[x for x in labels if x == baseline], *[x for x in labels if x != baseline])

    @property
    def candidates(self) -> tuple[str, ...]:
        """Labels of the strategies that are compared with the baseline."""
        return tuple(label for label in self.strategies if label != self.header.baseline)

    @property
    def failed(self) -> tuple[CellResult, ...]:
        """Cells that failed."""
        return tuple(result for result in self.results if result.status != "ok")

    def setting_name(self, setting: Setting) -> str:
        """What a reader calls a setting; kernel and sweep point only where there are several."""
        kernels = {known.kernel for known in self.settings}
        parts = [setting.hardware, setting.scenario]
        if len(kernels) > 1:
            parts.insert(1, setting.kernel)
        parts += [f"{path}={value}" for path, value in setting.sweep]
        return " ".join(parts)

    def compared(self, metric: str, candidate: str) -> tuple[Comparison, ...]:
        """The comparisons of one metric and candidate, one for each setting."""
        return tuple(c for c in self.comparisons if (c.metric, c.candidate) == (metric, candidate))


def setting_of(comparison: Comparison) -> Setting:
    """The setting in which a comparison was made."""
    c = comparison
    return Setting(c.hardware, c.kernel, c.scenario, c.sweep)


def build_report(
    header: RunHeader,
    results: Iterable[CellResult],
    metrics: Mapping[str, Metric],
    *,
    path: str | None = None,
) -> Report:
    """The report of a run: its cells, compared as the header says. Raises ValueError for a
    margin that is not a number >= 0, and for two results of one cell."""
    cells = tuple(results)
    return Report(
        header=header,
        results=cells,
        comparisons=compare_cells(
            cells,
            baseline=header.baseline,
            metrics=metrics,
            primary=header.primary,
            margins=header.margins,
        ),
        metrics=dict(metrics),
        path=path,
    )
