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
from typing import Protocol

from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.observation import JudgedMetric, Observation, ObservedCell
from pcpbench.statistics.pairing import Setting

Ends = tuple[tuple[str, str], ...]
Key = tuple[Setting, str, Ends]


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
    if c.verdict not in ("equivalent", "better", "worse") or metric is None:
        return c
    setting = Setting(c.hardware, c.kernel, c.scenario, c.sweep)
    ratio = metric.scale == "ratio"

    def difference(at: Ends) -> float | None:
        pair = [found.get((setting, label, at)) for label in (c.baseline, c.candidate)]
        values = [None if result is None else result.metrics.get(c.metric) for result in pair]
        return _difference(values[0], values[1], ratio)

    at_values = difference(())
    # A group that this hardware does not have at this end is not asked.
    mine = [at for at in ends if at and (setting, c.baseline, at) in found]
    moved = {at: difference(at) for at in mine}
    if at_values is None or not moved or any(d is None for d in moved.values()):
        return c
    flips = tuple(
        f"{group} {end}"
        for at, d in moved.items()
        if d is not None and not _holds(c, d - at_values, ratio)
        for group, end in at
    )
    return replace(c, robust=not flips, flips=flips)


def _difference(old: float | int | None, new: float | int | None, ratio: bool) -> float | None:
    if old is None or new is None or (ratio and min(old, new) <= 0):
        return None
    return math.log(new / old) if ratio else float(new - old)


def _holds(c: Comparison, shift: float, ratio: bool) -> bool:
    """Whether the verdict of ``c`` holds if its interval moves by ``shift`` on its scale."""
    ends = (c.low, c.high) if c.low is not None and c.high is not None else (c.estimate, c.estimate)
    if ends[0] is None or ends[1] is None:
        return False
    low, high = (math.log1p(end) if ratio else end for end in (ends[0], ends[1]))
    low, high = low + shift, high + shift
    limit = math.log1p(c.margin) if ratio else c.margin
    if c.verdict == "equivalent":
        return -limit <= low and high <= limit
    return low > 0 if low - shift > 0 else high < 0
