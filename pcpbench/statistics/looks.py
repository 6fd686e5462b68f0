"""Decides after which numbers of replicates a run looks at its intervals, and when it has enough.

Only widths count, never p: who stops when a p-value pleases will find one that does.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.observation import JudgedMetric

FIRST_LOOKS = (10, 14)  # each later look is twice the one before the last: 20, 28, 40, 56, ...
LEAST_REPLICATES = FIRST_LOOKS[0]
# One look at which the interval is narrow by chance is no proof: such intervals would hold the
# mean too rarely. Two in a row, or one that is far narrower than asked, keep the promise.
FAR_BELOW = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Replicates from ``least`` to ``most``, fewer than these once all intervals are narrow.

    ``ci_width``: full width of the 95 % interval of every primary comparison. A fraction: for
    metrics compared as ratios of the baseline's value, for others of the larger of both means.
    Raises ValueError for a least below ten, a most below the least, and a width that is not
    above 0.
    """

    least: int
    most: int
    ci_width: float

    def __post_init__(self) -> None:
        if not LEAST_REPLICATES <= self.least <= self.most or not self.ci_width > 0:
            raise ValueError(f"least {self.least} (10 or more), most {self.most}: {self.ci_width}")


def until_of(experiment: Mapping[str, Any]) -> Until | None:
    """The ``until`` of a resolved experiment; None if the number of replicates is fixed."""
    found = experiment.get("until")
    return None if found is None else Until(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The widest interval after so many replicates. ``relative_width``: the part of the width that
    was asked for, above 1 where it is wider; None where nothing has a width. ``widest``: which."""

    replicates: int
    relative_width: float | None
    widest: Comparison | None = None


def looks(least: int, most: int) -> tuple[int, ...]:
    """The numbers of replicates at which to look: ``least``, those of the sequence 10, 14, 20,
    28, 40, ... between, and ``most``. Fixed before the run begins."""
    sequence = []
    one, two = FIRST_LOOKS
    while one < most:
        sequence.append(one)
        one, two = two, 2 * one
    return tuple(dict.fromkeys([least, *(n for n in sequence if n > least), most]))


def enough(relative_widths: Sequence[float | None]) -> bool:
    """Whether to stop after looks with these widths, the last one now. None has no say: what has
    no width will not get one from more replicates."""
    widths = [0.0 if width is None else width for width in relative_widths]
    if len(widths) == 1:
        return widths[0] <= FAR_BELOW
    return max(widths[-2:]) <= 1


def look_at(
    comparisons: Iterable[Comparison],
    metrics: Mapping[str, JudgedMetric],
    until: Until,
    replicates: int,
) -> Look:
    """The widest interval among the primary comparisons."""
    found: list[tuple[float, Comparison]] = []
    for comparison in comparisons:
        width = _width(comparison, metrics[comparison.metric])
        if comparison.primary and width is not None:
            found.append((width / until.ci_width, comparison))
    if not found:
        return Look(replicates=replicates, relative_width=None)
    width, widest = max(found, key=lambda pair: pair[0])
    return Look(replicates=replicates, relative_width=width, widest=widest)


def _width(comparison: Comparison, metric: JudgedMetric) -> float | None:
    """The interval's full width as a fraction; None where nothing is estimated, or exactly."""
    c = comparison
    if c.scale == "exact" or c.estimate is None:
        return None
    if c.low is None or c.high is None:
        return math.inf
    if metric.scale == "ratio":
        return c.high - c.low
    size = max(abs(c.baseline_value or 0.0), abs(c.candidate_value or 0.0))
    return (c.high - c.low) / size if size > 0 else math.inf
