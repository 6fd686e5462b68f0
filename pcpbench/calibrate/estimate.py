"""Decides which value and which interval repeated samples give."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A median in ns with its interval. ``samples``: how many it rests on."""

    value_ns: float
    low_ns: float
    high_ns: float
    samples: int

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit; ``factor`` > 0."""
        return Estimate(
            value_ns=self.value_ns * factor,
            low_ns=self.low_ns * factor,
            high_ns=self.high_ns * factor,
            samples=self.samples,
        )


def median_estimate(samples_ns: Sequence[float]) -> Estimate:
    """The median, between the order statistics that hold it with 95 % confidence.

    Free of any assumption on the distribution but that samples are independent: the number of
    samples below the median is binomial (Conover, Practical Nonparametric Statistics, section
    3.2). With fewer than six samples the interval is all that was seen, and less than certain.
    Raises ValueError without samples.
    """
    ordered = sorted(samples_ns)
    rank = _lower_rank(len(ordered))
    return Estimate(
        value_ns=statistics.median(ordered),
        low_ns=ordered[rank],
        high_ns=ordered[len(ordered) - 1 - rank],
        samples=len(ordered),
    )


def _lower_rank(count: int) -> int:
    """Index of the lower end: the largest k with P(fewer than k + 1 below) <= half of the rest."""
    if count == 0:
        raise ValueError("an estimate needs samples")
    below, rank = 0.0, -1
    while rank < (count - 1) // 2:
        below += math.comb(count, rank + 1) / 2**count
        if below > (1 - CONFIDENCE) / 2:
            break
        rank += 1
    return max(rank, 0)
