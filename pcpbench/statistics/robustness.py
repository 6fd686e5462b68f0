"""Decides whether a verdict holds at both ends of the uncertain numbers of a profile.

With one seed, each group of costs is moved to an end of its range. By how much the difference
between two strategies moves with it, from the same seed at the values themselves, is how far the
whole interval would move. The verdict is robust if it would be the same there: an interval of
"equivalent" within the margins, one of "better" or "worse" on its side of zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.difference import as_difference
from pcpbench.statistics.observation import JudgedMetric, Observation, ObservedCell
from pcpbench.statistics.pairing import Setting

JUDGED = ("equivalent", "better", "worse")
Ends = tuple[tuple[str, str], ...]
Key = tuple[Setting, str, Ends]
At = TypeVar("At")  # says where uncertain numbers are


class MovedCell(ObservedCell, Protocol):
    """A cell that says which costs stand at which end of their range."""

    @property
    def cost_ends(self) -> Ends: ...


class MovedObservation(Observation, Protocol):
    """What such a cell gave."""

    @property
    def cell(self) -> MovedCell: ...


def with_robustness(
    comparisons: Iterable[Comparison],
    moved: Sequence[MovedObservation],
    metrics: Mapping[str, JudgedMetric],
) -> tuple[Comparison, ...]:
    """The comparisons with ``robust`` set, and ``flips`` naming what turns a verdict around.

    ``moved``: the cells at the ends and at the values. A comparison without a verdict, or whose
    metric has no value in one of them, stays unexamined (None).
    """
    if not moved:
        return tuple(comparisons)
    found = {_key(result): result for result in moved if result.status == "ok"}
    ends = tuple(dict.fromkeys(result.cell.cost_ends for result in moved))
    return tuple(_examined(c, found, ends, metrics) for c in comparisons)


def _key(result: MovedObservation) -> Key:
    cell = result.cell
    return Setting.of(cell), cell.strategy.label, cell.cost_ends


def _examined(
    c: Comparison,
    found: Mapping[Key, Observation],
    ends: Sequence[Ends],
    metrics: Mapping[str, JudgedMetric],
) -> Comparison:
    metric = metrics.get(c.metric)
    if c.verdict not in JUDGED or metric is None:
        return c
    at_values = difference(c, metric, found, ())
    # A group that this hardware does not have at this end is not asked.
    mine = [at for at in ends if at and (c.setting, c.baseline, at) in found]
    moved = {at: difference(c, metric, found, at) for at in mine}
    interval = interval_of(c, metric)
    if at_values is None or not moved or any(d is None for d in moved.values()):
        return c
    flips = tuple(
        f"{group} {end}"
        for at, d in moved.items()
        if d is not None
        and (interval is None or not holds(c, slack(c, interval, metric, d - at_values)))
        for group, end in at
    )
    return replace(c, robust=not flips, flips=flips)


def difference(
    c: Comparison,
    metric: JudgedMetric,
    found: Mapping[tuple[Setting, str, At], Observation],
    at: At,
) -> float | None:
    """Candidate less baseline, on the scale of differences, in the cells of a comparison's setting
    with numbers elsewhere; None where there is none. ``found``: by setting, strategy and where."""
    pair = [found.get((c.setting, label, at)) for label in (c.baseline, c.candidate)]
    old, new = (None if result is None else result.metrics.get(c.metric) for result in pair)
    ratio = metric.scale == "ratio"
    if old is None or new is None or (ratio and min(old, new) <= 0):
        return None
    return math.log(new / old) if ratio else float(new - old)


def interval_of(c: Comparison, metric: JudgedMetric) -> tuple[float, float] | None:
    """The interval of a comparison on the scale of differences; both ends the estimate of an exact
    one. None without an estimate."""
    ends = (c.low, c.high) if c.low is not None and c.high is not None else (c.estimate, c.estimate)
    if ends[0] is None or ends[1] is None:
        return None
    if metric.scale == "ratio" and min(ends[0], ends[1]) <= -1:
        return None  # too near to nothing to have a logarithm
    return as_difference(metric, ends[0]), as_difference(metric, ends[1])


def slack(
    c: Comparison, interval: tuple[float, float], metric: JudgedMetric, shift: float
) -> float:
    """How far the interval, moved by ``shift``, is from turning the verdict; negative beyond."""
    low, high = interval[0] + shift, interval[1] + shift
    if c.verdict == "equivalent":
        return as_difference(metric, c.margin) - max(high, -low)
    return low if interval[0] > 0 else -high


def holds(c: Comparison, distance: float) -> bool:
    """Whether the verdict is the same at that distance from turning."""
    return distance >= 0 if c.verdict == "equivalent" else distance > 0
