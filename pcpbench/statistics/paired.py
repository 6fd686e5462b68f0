"""Decides what paired differences say: their mean, its interval, and both tests on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95
LEAST_PAIRS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedT:
    """Student's t on paired differences. ``low``, ``high``: 95 % interval of the mean;
    ``p_difference``: two-sided, that the mean is 0; ``p_equivalence``: that it lies outside the
    bounds. Neither is adjusted."""

    mean: float
    low: float
    high: float
    p_difference: float
    p_equivalence: float


def paired_t(differences: Sequence[float], bound: float) -> PairedT:
    """Interval and tests for the mean of paired differences, which must not all be equal.

    ``bound``: the mean is equivalent to 0 if it lies between -bound and bound (two one-sided
    tests; p is the larger one). Raises ValueError for fewer than two differences, for differences
    without variance (t is not defined) and for a negative bound. Source: Student 1908; Schuirmann
    1987, "A comparison of the two one-sided tests procedure and the power approach".
    """
    from scipy.special import stdtr, stdtrit  # scipy.stats.t without its second of importing

    n = len(differences)
    if n < LEAST_PAIRS or not bound >= 0:
        raise ValueError(f"{n} differences, bound {bound}: give 2 or more, and a bound >= 0")
    mean = math.fsum(differences) / n
    error = _standard_error(differences, mean)
    if not error > 0:
        raise ValueError("the differences are all equal: t is not defined")
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * error

    def beyond(distance: float) -> float:
        return float(stdtr(n - 1, -distance / error))

    return PairedT(
        mean=mean,
        low=mean - reach,
        high=mean + reach,
        p_difference=min(1.0, 2 * beyond(abs(mean))),
        p_equivalence=beyond(bound - abs(mean)),
    )


def _standard_error(differences: Sequence[float], mean: float) -> float:
    # Scaled, so that squares of very small or very large differences neither vanish nor overflow.
    n = len(differences)
    largest = max(abs(d - mean) for d in differences)
    if not largest > 0:
        return 0.0
    return (
        largest
        * math.sqrt(math.fsum(((d - mean) / largest) ** 2 for d in differences))
        / (math.sqrt(n - 1) * math.sqrt(n))
    )
