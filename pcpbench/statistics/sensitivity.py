"""Decides in how many draws of uncertain numbers a verdict holds, and which numbers turn it.

In each draw every number has a place in its range. How far the difference of two strategies moves
there, from the same cells at the values themselves, is how far the whole interval would move, as
for robustness. Where a verdict turns in some draw, a number is named if how far the difference
moves has a rank correlation with its place (Spearman 1904), significant after adjusting for all
numbers (Holm).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.difference import as_difference, own_scale
from pcpbench.statistics.families import holm
from pcpbench.statistics.observation import JudgedMetric, Observation, ObservedCell
from pcpbench.statistics.pairing import Setting
from pcpbench.statistics.robustness import JUDGED, difference, holds, interval_of, slack

ALPHA = 0.05
LEAST_DRAWS = 8
Places = tuple[tuple[str, int], ...]


class DrawnCell(ObservedCell, Protocol):
    """A cell that says where uncertain numbers stand in their ranges."""

    @property
    def cost_places(self) -> Places: ...


class DrawnObservation(Observation, Protocol):
    """What such a cell gave."""

    @property
    def cell(self) -> DrawnCell: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """A number that moves a verdict towards turning. ``turns_at``: the end of its range there,
    "either" for an equivalence that is left on both sides. ``correlation``: Spearman's, of its
    place with how far the difference moves; ``p``: adjusted for all numbers."""

    number: str
    turns_at: Literal["low", "high", "either"]
    correlation: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A verdict over the draws. ``draws``: those in which both strategies have a value;
    ``turned``: of them, those in which it would not be the same. ``estimates``: the estimate in
    each, on the metric's own scale. ``numbers``: the strongest first."""

    comparison: Comparison
    draws: int
    turned: int
    estimates: tuple[float, ...]
    numbers: tuple[Influence, ...]


def examined_verdicts(
    comparisons: Iterable[Comparison],
    drawn: Sequence[DrawnObservation],
    metrics: Mapping[str, JudgedMetric],
) -> tuple[Examined, ...]:
    """The verdicts on primary metrics over the draws, as far as at least eight have values.
    ``drawn``: the cells of all draws, and those at the values themselves."""
    if not drawn:
        return ()
    found = {_key(result): result for result in drawn if result.status == "ok"}
    by_setting: dict[Setting, dict[Places, None]] = {}
    for result in drawn:
        by_setting.setdefault(Setting.of(result.cell), {})[result.cell.cost_places] = None
    examined = []
    for c in comparisons:
        metric = metrics.get(c.metric)
        if not c.primary or c.verdict not in JUDGED or metric is None:
            continue
        places = [at for at in by_setting.get(c.setting, {}) if at]
        one = _examined(c, metric, places, found)
        examined += [one] if one else []
    return tuple(examined)


def _key(result: DrawnObservation) -> tuple[Setting, str, Places]:
    cell = result.cell
    return Setting.of(cell), cell.strategy.label, cell.cost_places


def _examined(
    c: Comparison,
    metric: JudgedMetric,
    places: Sequence[Places],
    found: Mapping[tuple[Setting, str, Places], Observation],
) -> Examined | None:
    at_values = difference(c, metric, found, ())
    if at_values is None:
        return None
    moved_to = [(place, difference(c, metric, found, place)) for place in places]
    shifts = [(place, d - at_values) for place, d in moved_to if d is not None]
    interval = interval_of(c, metric)
    if len(shifts) < LEAST_DRAWS or interval is None:
        return None
    middle = as_difference(metric, c.estimate or 0.0)
    moved = [own_scale(metric, middle + shift) for _, shift in shifts]
    turned = [shift for _, shift in shifts if not holds(c, slack(c, interval, metric, shift))]
    return Examined(
        comparison=c,
        draws=len(shifts),
        turned=len(turned),
        estimates=tuple(value for value in moved if value is not None),
        numbers=_influences(shifts, {_side(c, interval, shift) for shift in turned}),
    )


def _side(c: Comparison, interval: tuple[float, float], shift: float) -> int:
    """In which direction a shift has turned a verdict."""
    if c.verdict == "equivalent":
        return 1 if interval[1] + shift > -(interval[0] + shift) else -1
    return -1 if interval[0] > 0 else 1


def _influences(shifts: Sequence[tuple[Places, float]], sides: set[int]) -> tuple[Influence, ...]:
    """Numbers whose place goes with the shift, if verdicts turned on any side."""
    distances = [shift for _, shift in shifts]
    if not sides or len(set(distances)) == 1:
        return ()
    from scipy.stats import spearmanr

    tests = []
    for column in zip(*(places for places, _ in shifts), strict=True):
        places = [place for _, place in column]
        if len(set(places)) > 1:
            tests.append((column[0][0], spearmanr(places, distances)))
    adjusted = holm([float(test.pvalue) for _, test in tests])
    named = [
        Influence(
            number=name,
            turns_at=_end(float(test.statistic), sides),
            correlation=float(test.statistic),
            p=p,
        )
        for (name, test), p in zip(tests, adjusted, strict=True)
        if p <= ALPHA
    ]
    return tuple(sorted(named, key=lambda one: -abs(one.correlation)))


def _end(correlation: float, sides: set[int]) -> Literal["low", "high", "either"]:
    if len(sides) > 1:
        return "either"
    return "high" if correlation * next(iter(sides)) > 0 else "low"
