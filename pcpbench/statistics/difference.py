"""Decides how two values of a metric are subtracted: by logarithm for ratios, else as they are."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pcpbench.statistics.observation import JudgedMetric
from pcpbench.statistics.student import Tested, paired_t, welch_t

NOT_POSITIVE = "a ratio needs values above 0 in every replicate"
# Differences that vary by less come from rounding, not from seeds.
ROUNDING = 8 * sys.float_info.epsilon


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """The values of baseline and candidate; with ``paired`` they belong together one by one."""

    old: Sequence[float]
    new: Sequence[float]
    paired: bool


def as_difference(metric: JudgedMetric, change: float) -> float:
    """A change or a margin, as the metric shows it, as a difference; of ratios above -1. A margin
    is symmetric there, so that swapping the arms changes no verdict."""
    return math.log1p(change) if metric.scale == "ratio" else change


def own_scale(metric: JudgedMetric, difference: float) -> float | None:
    """A difference as the metric shows it; None if it is too large to be written."""
    if metric.scale != "ratio":
        return difference if math.isfinite(difference) else None
    try:
        return math.expm1(difference)
    except OverflowError:
        return None


def scaled(metric: JudgedMetric, values: Sequence[float]) -> Sequence[float]:
    """Values whose differences are compared. Ratios need them above 0."""
    return [math.log(value) for value in values] if metric.scale == "ratio" else values


def differences_of(metric: JudgedMetric, arms: Arms) -> list[float]:
    """Candidate less baseline, pair by pair; of constant arms without pairs, one difference.

    Raises OverflowError if one is too large.
    """
    old, new = scaled(metric, arms.old), scaled(metric, arms.new)
    if not arms.paired:
        old, new = old[:1], new[:1]
    differences = [c - b for b, c in zip(old, new, strict=True)]
    if not all(map(math.isfinite, differences)):
        raise OverflowError
    return differences


def tested(metric: JudgedMetric, arms: Arms, limit: float) -> Tested:
    """Student's t on the differences of pairs, Welch's on arms that are not paired."""
    if arms.paired:
        return paired_t(differences_of(metric, arms), limit)
    found = welch_t(scaled(metric, arms.old), scaled(metric, arms.new), limit)
    if not math.isfinite(found.mean):
        raise OverflowError
    return found


def arms_constant(arms: Arms) -> bool:
    """Whether nothing varies within either arm."""
    return len(set(arms.old)) == 1 and len(set(arms.new)) == 1


def constant(metric: JudgedMetric, arms: Arms) -> bool:
    """Whether the difference is the same in every pair, to rounding."""
    differences = differences_of(metric, arms)
    if metric.scale == "ratio":
        size = max(1.0, *(abs(math.log(value)) for arm in (arms.old, arms.new) for value in arm))
    else:
        size = max(abs(value) for arm in (arms.old, arms.new) for value in arm)
    return max(differences) - min(differences) <= ROUNDING * size
