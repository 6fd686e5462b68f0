"""Decides how long a simulation takes to settle: where the rest varies least around its mean.

Source: White 1997, "An effective truncation heuristic for bias reduction in simulation output"
(the marginal standard error rule, MSER), on means over seeds and windows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_WINDOWS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """The course of a metric from the first instant. ``window_ns``: length of each window;
    ``means``: over seeds; ``settled_ns``: from when on the rest varies least around its mean, None
    if not within the first half; ``why``: nothing can be told."""

    metric: str
    window_ns: int
    means: tuple[float, ...] = ()
    settled_ns: int | None = None
    why: str = ""

    def enough(self, warm_up_ns: int) -> bool:
        """Whether a warm-up of this length covers what is not settled."""
        return not self.why and self.settled_ns is not None and self.settled_ns <= warm_up_ns


def settling(
    metric: str, series: Sequence[Sequence[float | int | None]], window_ns: int
) -> Settling:
    """The settling of a metric. ``series``: for each seed its values in consecutive windows."""
    if any(value is None for values in series for value in values):
        return Settling(metric=metric, window_ns=window_ns, why="some windows have no value")
    columns = [[float(v) for v in column if v is not None] for column in zip(*series, strict=True)]
    means = tuple(math.fsum(column) / len(column) for column in columns)
    if len(means) < LEAST_WINDOWS:
        return Settling(metric=metric, window_ns=window_ns, means=means, why="too few windows")
    dropped = truncation(means)
    settled = None if dropped is None else dropped * window_ns
    return Settling(metric=metric, window_ns=window_ns, means=means, settled_ns=settled)


def truncation(values: Sequence[float]) -> int | None:
    """How many values to drop from the beginning, so that the squared standard error of the mean
    of the rest is least; None if that is half of them or more."""
    errors = [_squared_error(values[k:]) for k in range(len(values) // 2 + 1)]
    least = min(range(len(errors)), key=errors.__getitem__)
    return least if least < len(values) // 2 else None


def _squared_error(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / len(values) ** 2
