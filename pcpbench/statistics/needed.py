"""Decides how many replicates would probably settle a comparison that is inconclusive."""

from __future__ import annotations

import math

from pcpbench.statistics.student import quantile_t

POWER = 0.8
MOST_REPLICATES = 100_000


def replicates_needed(
    mean: float, spread: float, limit: float, *, alpha: float, least: int = 2
) -> int | None:
    """Replicates after which a new run would decide with a probability of 80 % at least, if the
    true mean and spread are those seen; None if these are more than 100,000.

    ``spread``: standard deviation of one difference; above 0. ``limit``: the margin, on the same
    scale. ``alpha``: level of one test, adjusted for its family. ``least``: no fewer are given.
    Either way of deciding will do: that the mean is not 0, or that it lies within the limit. For
    the latter, half of what is left of the probability is given to each side, so that it holds
    for every mean. Source: the usual normal approximation with quantiles of t, as in Julious
    2004, "Sample sizes for clinical trials with normal data".
    """
    ways = [
        _sample_size(abs(mean) / spread, 1 - alpha / 2, POWER),
        _sample_size((limit - abs(mean)) / spread, 1 - alpha, (1 + POWER) / 2),
    ]
    found = [n for n in ways if n is not None]
    return max(least, min(found)) if found else None


def _sample_size(distance: float, level: float, power: float) -> int | None:
    """Smallest n whose mean lies beyond both quantiles. ``distance``: in standard deviations."""
    if not distance > 0:
        return None
    # With infinitely many degrees of freedom: nothing below this is enough.
    least = (quantile_t(level, math.inf) + quantile_t(power, math.inf)) / distance
    n = max(2, math.ceil(min(least, MOST_REPLICATES) ** 2))
    while n <= MOST_REPLICATES:
        if quantile_t(level, n - 1) + quantile_t(power, n - 1) <= distance * math.sqrt(n):
            return n
        n += 1
    return None
