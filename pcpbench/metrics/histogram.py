"""Decides how a latency is counted, and what a histogram can say about the values it saw.

Values are integer picoseconds. Below 2^20 ps a bucket is 64 ps wide; above, there are 1024
buckets for each power of two, so that a bucket is never wider than 0.1 % of its value. Values
above 2^48 - 1 ps (281 s) are counted as that. The native core uses the same geometry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

LINEAR_BITS = 20
LINEAR_WIDTH_BITS = 6
STEPS_BITS = 10
LINEAR_BUCKETS = 1 << (LINEAR_BITS - LINEAR_WIDTH_BITS)
LARGEST_PS = (1 << 48) - 1


def bucket_of(value_ps: int) -> int:
    """The bucket that counts a value. Raises ValueError for a negative one."""
    if value_ps < 0:
        raise ValueError(f"a histogram counts values >= 0 ps, not {value_ps}")
    value_ps = min(value_ps, LARGEST_PS)
    if value_ps < 1 << LINEAR_BITS:
        return value_ps >> LINEAR_WIDTH_BITS
    exponent = value_ps.bit_length() - 1
    step = (value_ps - (1 << exponent)) >> (exponent - STEPS_BITS)
    return LINEAR_BUCKETS + ((exponent - LINEAR_BITS) << STEPS_BITS) + step


def bucket_bounds_ps(bucket: int) -> tuple[int, int]:
    """Smallest value of the bucket, and the first value beyond it."""
    if bucket < LINEAR_BUCKETS:
        return bucket << LINEAR_WIDTH_BITS, (bucket + 1) << LINEAR_WIDTH_BITS
    power, step = divmod(bucket - LINEAR_BUCKETS, 1 << STEPS_BITS)
    exponent = power + LINEAR_BITS
    width = 1 << (exponent - STEPS_BITS)
    low = (1 << exponent) + step * width
    return low, low + width


def _sparse(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Counts by bucket, in the order of the buckets; empty buckets are left out."""
    counts: dict[int, int] = {}
    for bucket, count in pairs:
        counts[int(bucket)] = counts.get(int(bucket), 0) + int(count)
    return {bucket: counts[bucket] for bucket in sorted(counts) if counts[bucket]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Counts of values, and of the largest value of each epoch of 1 ms of simulated time.

    ``counts``: samples by bucket. ``episodes``: epochs that saw a sample, by the bucket of their
    largest. ``count``: samples. ``sum_ps``, ``min_ps``, ``max_ps``: exact, not rounded to
    buckets; 0 when there is no sample.
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    episodes: Mapping[int, int] = field(default_factory=dict)
    count: int = 0
    sum_ps: int = 0
    min_ps: int = 0
    max_ps: int = 0

    @classmethod
    def from_native(cls, native: Mapping[str, Any]) -> Histogram:
        """The histogram the core hands over: pairs (bucket, n), and exact count, sum, ends."""
        counts = _sparse(native["counts"])
        if sum(counts.values()) != native["count"]:
            raise ValueError(
                f"histogram counts add up to {sum(counts.values())}, its count is {native['count']}"
            )
        return cls(
            counts=counts,
            episodes=_sparse(native["episodes"]),
            count=int(native["count"]),
            sum_ps=int(native["sum_ps"]),
            min_ps=int(native["min_ps"]),
            max_ps=int(native["max_ps"]),
        )

    @classmethod
    def of(cls, epochs: Iterable[Iterable[int]]) -> Histogram:
        """The histogram of values in ps, given epoch by epoch."""
        groups = [[min(v, LARGEST_PS) for v in epoch] for epoch in epochs]
        groups = [group for group in groups if group]
        values = [value for group in groups for value in group]
        return cls(
            counts=_sparse((bucket_of(v), 1) for v in values),
            episodes=_sparse((bucket_of(max(group)), 1) for group in groups),
            count=len(values),
            sum_ps=sum(values),
            min_ps=min(values, default=0),
            max_ps=max(values, default=0),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; ``from_native`` reads them back."""
        return {
            "counts": [[bucket, n] for bucket, n in self.counts.items()],
            "episodes": [[bucket, n] for bucket, n in self.episodes.items()],
            "count": self.count,
            "sum_ps": self.sum_ps,
            "min_ps": self.min_ps,
            "max_ps": self.max_ps,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Histogram:
        """The histogram that ``to_json`` wrote."""
        return cls.from_native(value)

    def merge(self, other: Histogram) -> Histogram:
        """The histogram of both samples. Epochs are added: give it different CPUs or cells."""
        if not self.count:
            return other
        if not other.count:
            return self
        return Histogram(
            counts=_sparse([*self.counts.items(), *other.counts.items()]),
            episodes=_sparse([*self.episodes.items(), *other.episodes.items()]),
            count=self.count + other.count,
            sum_ps=self.sum_ps + other.sum_ps,
            min_ps=min(self.min_ps, other.min_ps),
            max_ps=max(self.max_ps, other.max_ps),
        )

    def rank_of(self, q: float) -> int:
        """Rank of the q-quantile among ``count`` samples, from 1: ceil(q * count), at least 1.

        q counts as the decimal it is written as, so that 0.999 of 1000 samples is rank 999 and
        no binary fraction decides. Source: Hyndman & Fan 1996, definition 1.
        """
        if not 0 <= q <= 1:
            raise ValueError(f"a quantile is between 0 and 1, not {q}")
        exact = Fraction(repr(q)) * self.count
        return max(1, -(-exact.numerator // exact.denominator))

    def bucket_at(self, rank: int) -> int:
        """The bucket that holds the sample of a rank. Raises ValueError where there is none."""
        below = 0
        for bucket, n in self.counts.items():
            below += n
            if below >= rank:
                return bucket
        raise ValueError(f"a histogram of {self.count} samples has no rank {rank}")

    def value_in_ps(self, bucket: int) -> int:
        """What stands for a bucket: its midpoint, kept between the exact ends of the sample."""
        low, beyond = bucket_bounds_ps(bucket)
        return max(self.min_ps, min(self.max_ps, (low + beyond) // 2))

    def quantile_ps(self, q: float) -> int:
        """The q-quantile, whether or not there are samples enough to trust it; ValueError if none.

        ``pcpbench.metrics.quantiles`` holds the rule that says when to show it.
        """
        return self.value_in_ps(self.bucket_at(self.rank_of(q)))

    def episodes_beyond(self, rank: int) -> int:
        """Epochs that hold a sample ranked after ``rank``.

        Samples of the rank's own bucket cannot be told apart. Where some of them rank after it,
        every epoch that reached the bucket counts: a list that always hits gives a thousand
        epochs of one value, and its median is no less known for that. There are never more
        than samples ranked after.
        """
        bucket = self.bucket_at(rank)
        through = sum(n for b, n in self.counts.items() if b <= bucket)
        least = bucket if through > rank else bucket + 1
        reached = sum(n for b, n in self.episodes.items() if b >= least)
        return min(reached, self.count - rank)
