"""Decides what is told of the replicates behind a comparison: outliers, groups, effect size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.difference import Arms, differences_of, scaled
from pcpbench.statistics.observation import JudgedMetric, Observation
from pcpbench.statistics.pairing import ComparedCells
from pcpbench.statistics.spread import effect_size, far_values, two_groups
from pcpbench.statistics.student import Tested


class Shape(TypedDict):
    """Fields of a comparison."""

    effect_size: float | None
    outliers: tuple[str, ...]
    two_groups: tuple[str, ...]
    reasons: tuple[str, ...]


def shape_of(
    comparison: Comparison, found: Tested, metric: JudgedMetric, cells: ComparedCells, arms: Arms
) -> Shape:
    """What the replicates of a comparison look like; those of primary metrics are told among its
    reasons as well. ``found``: its test."""
    outliers, groups = _outliers(metric, cells, arms), _groups(metric, cells, arms)
    reasons = list(comparison.reasons)
    if comparison.primary and outliers:
        reasons.append(f"far from the others, and kept: {', '.join(outliers)}")
    if comparison.primary and groups:
        reasons.append(f"falls into two groups: {'; '.join(groups)}")
    return {
        "effect_size": effect_size(found.mean, found.deviation, found.freedom),
        "outliers": outliers,
        "two_groups": groups,
        "reasons": tuple(reasons),
    }


def _outliers(metric: JudgedMetric, cells: ComparedCells, arms: Arms) -> tuple[str, ...]:
    if arms.paired:
        return _seeds(cells.new, differences_of(metric, arms), "")
    return (
        *_seeds(cells.old, scaled(metric, arms.old), f" of {cells.baseline}"),
        *_seeds(cells.new, scaled(metric, arms.new), f" of {cells.candidate}"),
    )


def _seeds(results: Sequence[Observation], values: Sequence[float], whose: str) -> tuple[str, ...]:
    return tuple(f"seed {results[i].cell.seed}{whose}" for i in far_values(values))


def _groups(metric: JudgedMetric, cells: ComparedCells, arms: Arms) -> tuple[str, ...]:
    samples = [
        (cells.baseline, scaled(metric, arms.old)),
        (cells.candidate, scaled(metric, arms.new)),
    ]
    if arms.paired:
        samples.append(("the difference", differences_of(metric, arms)))
    found = [(what, two_groups(values)) for what, values in samples]
    return tuple(f"{what} ({sizes[0]} and {sizes[1]})" for what, sizes in found if sizes)
