"""Decides what differences say, paired or not: their mean, its interval, and both tests on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = 0.95
LEVEL_90 = 0.90
LEAST_VALUES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """Student's t on a mean difference. ``low``, ``high``: its 95 % interval; ``low_90``,
    ``high_90``: that of 90 %, which two one-sided tests at 5 % ask for; ``p_difference``:
    two-sided, that it is 0; ``p_equivalence``: that it lies outside the bounds. Neither is
    adjusted. ``error``: its standard error; ``freedom``: degrees of freedom, a fraction with
    Welch; ``deviation``: of one difference, or pooled over both arms."""

    mean: float
    low: float
    high: float
    low_90: float
    high_90: float
    p_difference: float
    p_equivalence: float
    error: float
    freedom: float
    deviation: float


def paired_t(differences: Sequence[float], bound: float) -> Tested:
    """Interval and tests for the mean of paired differences, which must not all be equal.

    ``bound``: the mean is equivalent to 0 if it lies between -bound and bound (two one-sided
    tests; p is the larger one). Raises ValueError for fewer than two differences, for differences
    without variance (t is not defined) and for a negative bound. Source: Student 1908; Schuirmann
    1987, "A comparison of the two one-sided tests procedure and the power approach".
    """
    n = len(differences)
    if n < LEAST_VALUES or not bound >= 0:
        raise ValueError(f"{n} differences, bound {bound}: give 2 or more, and a bound >= 0")
    mean = math.fsum(differences) / n
    deviation = _deviation(differences, mean)
    if not deviation > 0:
        raise ValueError("the differences are all equal: t is not defined")
    return _tested(mean, deviation / math.sqrt(n), n - 1, deviation, bound)


def welch_t(old: Sequence[float], new: Sequence[float], bound: float) -> Tested:
    """The same for the mean of ``new`` less that of ``old``, which share nothing.

    Raises ValueError for fewer than two values in an arm, for arms that are both without
    variance, and for a negative bound. Source: Welch 1947, "The generalization of Student's
    problem when several different population variances are involved"; scipy.stats.ttest_ind with
    equal_var=False.
    """
    sizes = (len(old), len(new))
    if min(sizes) < LEAST_VALUES or not bound >= 0:
        raise ValueError(f"{sizes} values, bound {bound}: give 2 or more, and a bound >= 0")
    means = [math.fsum(arm) / len(arm) for arm in (old, new)]
    deviations = [_deviation(arm, mean) for arm, mean in zip((old, new), means, strict=True)]
    largest = max(deviations)
    if not largest > 0:
        raise ValueError("the values of each arm are all equal: t is not defined")
    # Scaled, so that squares neither vanish nor overflow.
    shares = [(s / largest) ** 2 / n for s, n in zip(deviations, sizes, strict=True)]
    freedom = sum(shares) ** 2 / sum(v * v / (n - 1) for v, n in zip(shares, sizes, strict=True))
    pooled = sum((s / largest) ** 2 * (n - 1) for s, n in zip(deviations, sizes, strict=True))
    return _tested(
        means[1] - means[0],
        largest * math.sqrt(sum(shares)),
        freedom,
        largest * math.sqrt(pooled / (sum(sizes) - 2)),
        bound,
    )


def p_of_rows(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """``p_difference`` of ``paired_t`` for many samples at once, each a row of two values or more;
    NaN for a row without variance."""
    import numpy as np
    from scipy.special import stdtr

    n = differences.shape[1]
    mean = differences.mean(axis=1)
    deviation = differences.std(axis=1, ddof=1)
    error = np.where(deviation > 0, deviation, np.nan) / math.sqrt(n)
    found: NDArray[np.float64] = np.minimum(1.0, 2 * stdtr(n - 1, -np.abs(mean) / error))
    return found


@lru_cache(maxsize=1024)
def quantile_t(probability: float, freedom: float) -> float:
    """The quantile of Student's t."""
    from scipy.special import stdtrit  # scipy.stats.t without its second of importing

    return float(stdtrit(freedom, probability))


def _tested(mean: float, error: float, freedom: float, deviation: float, bound: float) -> Tested:
    from scipy.special import stdtr

    reach = quantile_t((1 + LEVEL) / 2, freedom) * error
    reach_90 = quantile_t((1 + LEVEL_90) / 2, freedom) * error

    def beyond(distance: float) -> float:
        return float(stdtr(freedom, -distance / error))

    return Tested(
        mean=mean,
        low=mean - reach,
        high=mean + reach,
        low_90=mean - reach_90,
        high_90=mean + reach_90,
        p_difference=min(1.0, 2 * beyond(abs(mean))),
        p_equivalence=beyond(bound - abs(mean)),
        error=error,
        freedom=freedom,
        deviation=deviation,
    )


def _deviation(values: Sequence[float], mean: float) -> float:
    # Scaled, so that squares of very small or very large differences neither vanish nor overflow.
    largest = max(abs(value - mean) for value in values)
    if not largest > 0:
        return 0.0
    scaled = math.fsum(((value - mean) / largest) ** 2 for value in values)
    return largest * math.sqrt(scaled / (len(values) - 1))
