"""Says what a plugin may contribute: hooks in the manner of pluggy, project name ``pcpbench``.

A plugin is a module, or an object in it, with functions marked by ``hookimpl``:

    from pcpbench.plugin.hookspecs import hookimpl

    @hookimpl
    def pcpbench_strategies():
        return [MyStrategy]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pluggy

from pcpbench.plugin.events import CellFacts, DrainFacts, ResultFacts
from pcpbench.plugin.executor import Executor
from pcpbench.plugin.reports import ReportFormat, ReportSection
from pcpbench.plugin.strategy import Strategy
from pcpbench.plugin.workload import Workload

PROJECT = "pcpbench"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def pcpbench_strategies() -> Iterable[type[Strategy]]:  # type: ignore[empty-body]
    """Drain strategies: subclasses of ``Strategy``."""


@hookspec
def pcpbench_workloads() -> Iterable[type[Workload]]:  # type: ignore[empty-body]
    """Workload generators: subclasses of ``Workload``."""


@hookspec
def pcpbench_hardware() -> Iterable[Path]:  # type: ignore[empty-body]
    """Hardware profiles: paths of YAML files; the name is the file's, without ``.yaml``."""


@hookspec
def pcpbench_kernels() -> Iterable[Path]:  # type: ignore[empty-body]
    """Kernel presets: paths of YAML files; the name is the file's, without ``.yaml``."""


@hookspec
def pcpbench_metrics() -> Iterable[Any]:  # type: ignore[empty-body]
    """Metrics (``pcpbench.metrics.Metric``), in the order in which reports show them."""


@hookspec
def pcpbench_report_formats() -> Iterable[ReportFormat]:  # type: ignore[empty-body]
    """Forms of report: what `pcpbench report --format` may name."""


@hookspec
def pcpbench_report_sections() -> Iterable[ReportSection]:  # type: ignore[empty-body]
    """Sections of reports, in the order in which they stand: after the built-in tables."""


@hookspec
def pcpbench_executors() -> Iterable[type[Executor]]:  # type: ignore[empty-body]
    """Executors: subclasses of ``Executor``, which `pcpbench run --executor` may name."""


# Events. A function may leave out arguments that it does not need. One that raises is told of on
# stderr and hears that event no more; the run goes on.


@hookspec
def pcpbench_experiment_began(name: str, path: Path, cells: Sequence[CellFacts]) -> None:
    """A run begins, or goes on. ``name``: of the experiment. ``path``: of the run file. ``cells``:
    those without a result, of which a run with ``until`` may need fewer."""


@hookspec
def pcpbench_cell_ended(result: ResultFacts, path: Path) -> None:
    """A cell has ended, well or not, and its result is in the run file."""


@hookspec
def pcpbench_drain_ended(cell: CellFacts, drain: DrainFacts) -> None:
    """A drain of this cell has ended. Called in order, when its cell has been simulated, by the
    process that simulated it: what a plugin remembers, each worker remembers for itself. Where
    nobody listens drains are not watched, and cost nothing; watching them changes no result."""


@hookspec
def pcpbench_experiment_ended(
    name: str, path: Path, done: int, failed: int, interrupted: bool
) -> None:
    """A run is over. ``done``: cells that ended since it began or went on, ``failed`` of them
    without values. ``interrupted``: cells are missing, as it was stopped or could not go on."""
