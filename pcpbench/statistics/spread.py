"""Decides what is said of the spread of replicates: how large an effect is beside it, which values
lie far from the others, and whether they fall into two groups.

None of this changes an estimate or a verdict, and no value is ever left out for it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

# Iglewicz & Hoaglin 1993, "How to Detect and Handle Outliers", propose 3.5 for large samples. Of
# ten normal values that would call one an outlier in every eighth sample; 5 does in one of thirty.
FAR = 5.0
NORMAL_MAD = 0.6745  # median absolute deviation of a normal sample, in standard deviations
LEAST_FOR_SHAPE = 6
GROUP_SHARE = 0.2
# Share of the variance that the best split explains in 99 % of normal samples of n values:
# 40,000 simulated samples each. Student's t (3) exceeds it in under 1 %, Gumbel in under 2 %.
SPLIT_LIMITS = (
    (6, 0.968),
    (8, 0.938),
    (10, 0.908),
    (12, 0.889),
    (14, 0.868),
    (20, 0.831),
    (28, 0.799),
    (40, 0.772),
    (56, 0.750),
    (80, 0.732),
    (160, 0.702),
)


def effect_size(mean: float, deviation: float, freedom: float) -> float | None:
    """A mean difference in standard deviations, corrected for its bias in small samples; None if
    it is too large to be written.

    ``deviation``: of the differences if they are paired (Cohen's d_z), pooled over both arms
    otherwise; above 0. ``freedom``: its degrees of freedom. Source: Hedges 1981, "Distribution
    theory for Glass's estimator of effect size", with the approximation 1 - 3 / (4 freedom - 1).
    """
    correction = 1 - 3 / (4 * freedom - 1) if freedom > 1 else 1.0
    found = mean / deviation * correction
    return found if math.isfinite(found) else None


def far_values(values: Sequence[float]) -> tuple[int, ...]:
    """Places of the values that lie far from the others, by distance from the median in median
    absolute deviations. None if half of all values are equal, or there are fewer than six."""
    if len(values) < LEAST_FOR_SHAPE:
        return ()
    middle = median(values)
    distances = [abs(value - middle) for value in values]
    typical = median(distances)
    if not typical > 0:
        return ()
    return tuple(i for i, d in enumerate(distances) if NORMAL_MAD * (d / typical) > FAR)


def two_groups(values: Sequence[float]) -> tuple[int, int] | None:
    """Sizes of the lower and the upper group if the values fall into two, else None.

    They do if the best split into two, each of a fifth of the values and two at least, explains
    more of the variance than in 99 of 100 normal samples. Fewer than six values never do.
    """
    n = len(values)
    if n < LEAST_FOR_SHAPE:
        return None
    largest = max(map(abs, values))
    if not 0 < largest < math.inf:
        return None
    # Scaled, so that no sum overflows.
    ordered = sorted(value / largest for value in values)
    mean = math.fsum(ordered) / n
    scaled = [value - mean for value in ordered]
    total = math.fsum(x * x for x in scaled)
    least = max(2, math.ceil(GROUP_SHARE * n))
    below, best, size = 0.0, 0.0, 0
    for k, x in enumerate(scaled[: n - least], start=1):
        below += x
        between = below * below * (1 / k + 1 / (n - k))
        if k >= least and between > best:
            best, size = between, k
    return (size, n - size) if best > _split_limit(n) * total else None


def _split_limit(n: int) -> float:
    """The limit for n values, in a straight line between those of the table."""
    if n >= SPLIT_LIMITS[-1][0]:
        return SPLIT_LIMITS[-1][1]
    place = bisect_right([size for size, _ in SPLIT_LIMITS], n)
    (left, lower), (right, upper) = list(pairwise(SPLIT_LIMITS))[place - 1]
    return lower + (upper - lower) * (n - left) / (right - left)


def superiority(old: Sequence[float], new: Sequence[float], *, paired: bool) -> float:
    """How often a new value is below an old one, ties counted half: pair by pair, or of all
    combinations (the probability of superiority of Mann & Whitney 1947)."""
    if paired:
        found = list(zip(old, new, strict=True))
        return sum(1.0 if n < o else 0.5 if n == o else 0.0 for o, n in found) / len(found)
    from bisect import bisect_left

    ordered = sorted(old)
    size = len(ordered)
    wins = sum(size - (bisect_left(ordered, n) + bisect_right(ordered, n)) / 2 for n in new)
    return wins / (size * len(new))
