"""Decides how the histograms of all replicates of a strategy are put together and read."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pcpbench.metrics.histogram import bucket_bounds_ps
from pcpbench.report.merged import BUCKETS, MergedHistogram
from pcpbench.report.report import Report
from pcpbench.statistics.pairing import Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PS_PER_NS = 1000
BINS_PER_DECADE = 10
# The histograms that are drawn, by name.
LATENCIES = {
    "alloc.latency": "Allocation latency, all CPUs",
    "drain.latency": "Drain latency, completed drains",
    "free.latency": "Free latency, all CPUs",
    "zone_lock.wait": "Wait for the zone lock",
    "cpu.*.alloc_latency": "Allocation latency, isolated CPUs",
}
ALWAYS = ("alloc.latency", "drain.latency")
FEW_SETTINGS = 6
# Shown in the table behind a plot.
QUANTILES = (0.5, 0.9, 0.99, 0.999, 0.9999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """All samples of a latency in the replicates of one strategy and setting.

    ``values_ns``: the midpoints of buckets that hold samples, ascending. ``below``: samples in
    the buckets up to each. ``max_ns``: the largest, exact. ``replicates``: that were merged.
    """

    values_ns: Sequence[float]
    below: Sequence[int]
    max_ns: float
    replicates: int

    @property
    def count(self) -> int:
        """Samples in all."""
        return self.below[-1] if self.below else 0

    def quantile_ns(self, q: float) -> float:
        """The q-quantile: the midpoint of its bucket. The distribution must not be empty."""
        rank = max(1, math.ceil(q * self.count - 1e-9))
        return min(self.max_ns, self.values_ns[bisect_left(self.below, rank)])

    def shares(self) -> list[tuple[float, float]]:
        """Bins of a tenth of a decade that hold samples: their lower end in ns, and their share
        of all samples."""
        shares, at, last = [], 0, 0
        while at < len(self.values_ns):
            number = math.floor(math.log10(max(self.values_ns[at], 1e-3)) * BINS_PER_DECADE)
            at = bisect_left(self.values_ns, 10 ** ((number + 1) / BINS_PER_DECADE), at + 1)
            shares.append(
                (10 ** (number / BINS_PER_DECADE), (self.below[at - 1] - last) / self.count)
            )
            last = self.below[at - 1]
        return shares


def drawn(settings: int) -> Mapping[str, str]:
    """The latencies that are drawn with so many settings, and their titles."""
    few = settings <= FEW_SETTINGS
    return LATENCIES if few else {name: LATENCIES[name] for name in ALWAYS}


def distributions(report: Report, setting: Setting, name: str) -> dict[str, Distribution]:
    """The distribution of a latency in one setting by strategy, without those that have none.

    ``name``: of a histogram, as in ``pcpbench.report.merged``.
    """
    found = {}
    for label in report.strategies:
        measured = report.measured.get((setting, label))
        histogram = measured.histograms.get(name) if measured else None
        if measured and histogram and len(histogram.counts):
            found[label] = _distribution(histogram, measured.replicates)
    return found


@cache
def _midpoints_ns() -> NDArray[np.float64]:
    import numpy as np

    return np.array([sum(bucket_bounds_ps(bucket)) / 2 / PS_PER_NS for bucket in range(BUCKETS)])


def _distribution(histogram: MergedHistogram, replicates: int) -> Distribution:
    midpoints_ns = _midpoints_ns()
    return Distribution(
        values_ns=midpoints_ns[histogram.buckets].tolist(),
        below=histogram.counts.cumsum().tolist(),
        max_ns=histogram.max_ps / PS_PER_NS,
        replicates=replicates,
    )
