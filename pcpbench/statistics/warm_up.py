"""Decides how long a simulation takes to settle, and whether a warm-up is too short for it.

It settles where the rest varies least around its mean (the marginal standard error rule, MSER, on
means over seeds and windows). Source: White 1997, "An effective truncation heuristic for bias
reduction in simulation output". Of noise alone the rule drops more than one of 16 windows in three
of ten series; so a warm-up is called too short only where seeds agree that what is measured first
differs from the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pcpbench.statistics.families import holm
from pcpbench.statistics.student import LEAST_VALUES, paired_t

LEAST_WINDOWS = 8
ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """The course of a metric from the first instant. ``window_ns``: length of each window;
    ``means``: over seeds; ``settled_ns``: from when on the rest varies least around its mean, None
    if not within the first half; ``p_drift``: of Student's t over seeds, that the first half of
    what follows the warm-up is like the second, None where it cannot be tested; ``why``: nothing
    can be told."""

    metric: str
    window_ns: int
    means: tuple[float, ...] = ()
    settled_ns: int | None = None
    p_drift: float | None = None
    why: str = ""

    def enough(self, warm_up_ns: int) -> bool:
        """Whether a warm-up of this length covers what is not settled."""
        return not self.why and self.settled_ns is not None and self.settled_ns <= warm_up_ns


def too_short(found: Sequence[Settling], warm_up_ns: int) -> list[bool]:
    """For each, whether the warm-up is too short: it settles later, and its first half differs
    from the second, adjusted for all that are examined together (Holm)."""
    raw = {i: one.p_drift for i, one in enumerate(found) if one.p_drift is not None}
    adjusted = dict(zip(raw, holm(list(raw.values())), strict=True))
    return [
        not one.why and not one.enough(warm_up_ns) and adjusted.get(i, 1.0) <= ALPHA
        for i, one in enumerate(found)
    ]


def settling(
    metric: str,
    series: Sequence[Sequence[float | int | None]],
    window_ns: int,
    *,
    warm_up_ns: int = 0,
) -> Settling:
    """The settling of a metric. ``series``: for each seed its values in consecutive windows."""
    if any(value is None for values in series for value in values):
        return Settling(metric=metric, window_ns=window_ns, why="some windows have no value")
    rows = [[float(v) for v in values if v is not None] for values in series]
    means = tuple(math.fsum(column) / len(column) for column in zip(*rows, strict=True))
    if len(means) < LEAST_WINDOWS:
        return Settling(metric=metric, window_ns=window_ns, means=means, why="too few windows")
    dropped = truncation(means)
    return Settling(
        metric=metric,
        window_ns=window_ns,
        means=means,
        settled_ns=None if dropped is None else dropped * window_ns,
        p_drift=_drift([row[-(-warm_up_ns // window_ns) :] for row in rows]),
    )


def _drift(measured: Sequence[Sequence[float]]) -> float | None:
    """The p-value of the difference between both halves, of each seed one."""
    half = len(measured[0]) // 2
    if len(measured) < LEAST_VALUES or not half:
        return None
    differences = [(math.fsum(row[:half]) - math.fsum(row[-half:])) / half for row in measured]
    if len(set(differences)) == 1:
        return 0.0 if differences[0] else 1.0
    return paired_t(differences, 0.0).p_difference


def truncation(values: Sequence[float]) -> int | None:
    """How many values to drop from the beginning, so that the squared standard error of the mean
    of the rest is least; None if that is half of them or more."""
    errors = [_squared_error(values[k:]) for k in range(len(values) // 2 + 1)]
    least = min(range(len(errors)), key=errors.__getitem__)
    return least if least < len(values) // 2 else None


def _squared_error(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / len(values) ** 2
