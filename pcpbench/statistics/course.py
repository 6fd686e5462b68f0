"""Decides how far a run has come whose number of replicates depends on its intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pcpbench.statistics.compare import compare_cells
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.looks import Look, Until, enough, look_at, looks, until_of
from pcpbench.statistics.observation import JudgedMetric, Observation


class Asked(Protocol):
    """What is needed of a run's header."""

    @property
    def baseline(self) -> str: ...
    @property
    def primary(self) -> tuple[str, ...]: ...
    @property
    def margins(self) -> Mapping[str, float]: ...
    @property
    def experiment(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How far a run with ``until`` has come. ``looks``: those for which all cells are there;
    ``replicates``: how many the run is to have, as far as is known now; ``done``: whether it has
    them; ``narrow``: whether all intervals are as narrow as was asked."""

    until: Until
    looks: tuple[Look, ...]
    replicates: int
    done: bool
    narrow: bool


def course_of_run(
    results: Sequence[Observation],
    header: Asked,
    metrics: Mapping[str, JudgedMetric],
    *,
    cells: int,
) -> Course | None:
    """Goes through the looks again, as far as the results reach; the same for a run that was
    interrupted. None for a run whose number of replicates is fixed. ``results``: of the cells that
    answer the question; ``cells``: how many of those the plan has, for all replicates."""
    until = until_of(header.experiment)
    if until is None:
        return None
    first_seed = int(header.experiment["seed"])
    each = cells // until.most
    taken: list[Look] = []
    for replicates in looks(until.least, until.most):
        prefix = [r for r in results if r.cell.seed < first_seed + replicates]
        if len(prefix) < replicates * each:
            break
        taken.append(look_at(_primary(prefix, header, metrics), metrics, until, replicates))
        if replicates == until.most or enough([look.relative_width for look in taken]):
            width = taken[-1].relative_width
            narrow = width is None or width <= 1
            return _course(until, taken, replicates, done=True, narrow=narrow)
    return _course(until, taken, replicates, done=False, narrow=False)


def _course(
    until: Until, taken: Sequence[Look], replicates: int, *, done: bool, narrow: bool
) -> Course:
    return Course(until=until, looks=tuple(taken), replicates=replicates, done=done, narrow=narrow)


def _primary(
    results: Sequence[Observation], header: Asked, metrics: Mapping[str, JudgedMetric]
) -> Iterable[Comparison]:
    return compare_cells(
        results,
        baseline=header.baseline,
        metrics={name: metrics[name] for name in header.primary if name in metrics},
        primary=header.primary,
        margins=header.margins,
    )
