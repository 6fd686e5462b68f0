"""Decides how the measurements of all replicates of a strategy are put together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from pcpbench.metrics.histogram import LARGEST_PS, bucket_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pcpbench.store.measurements import Measurements, PackedHistogram

CPU = re.compile(r"^cpu\.\d+\.")
EVERY_CPU = "cpu.*."
FIRST = 10  # replicates whose counters are kept
BUCKETS = bucket_of(LARGEST_PS) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedHistogram:
    """Samples of several histograms: ``counts[i]``, at least 1, in bucket ``buckets[i]``, the
    buckets ascending."""

    buckets: NDArray[np.int64]
    counts: NDArray[np.int64]
    max_ps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Measurements of one strategy in one setting. What is counted for each isolated CPU is added
    up over them and named ``cpu.*.``. ``replicates``: cells that were merged. ``first``: the
    counters of the first of them, each by itself."""

    replicates: int = 0
    first: Sequence[Mapping[str, int]] = ()
    counters: Mapping[str, int] = field(default_factory=dict)
    histograms: Mapping[str, MergedHistogram] = field(default_factory=dict)

    def mean(self, counter: str) -> float:
        """A counter's mean over replicates; 0 for one that nobody counted."""
        return self.counters.get(counter, 0) / self.replicates if self.replicates else 0.0


@cache
def of_every_cpu(name: str) -> str:
    """What a counter or histogram of one CPU is called when those of all are put together."""
    return CPU.sub(EVERY_CPU, name)


def merged(cells: Iterable[Measurements]) -> Merged:
    """The measurements of cells that ended well, put together."""
    replicates = 0
    first: list[Mapping[str, int]] = []
    counters: dict[str, int] = {}
    samples: dict[str, _Samples] = {}
    for cell in cells:
        replicates += 1
        if len(first) < FIRST:
            first.append(cell.counters)
        for name, value in cell.counters.items():
            every = of_every_cpu(name)
            counters[every] = counters.get(every, 0) + value
        for name, histogram in cell.histograms.items():
            every = of_every_cpu(name)
            if every not in samples:
                samples[every] = _Samples()
            samples[every].add(histogram)
    found = {name: sample.merged() for name, sample in samples.items()}
    return Merged(replicates=replicates, first=first, counters=counters, histograms=found)


class _Samples:
    """Counts of every bucket that there is."""

    def __init__(self) -> None:
        import numpy as np

        self._counts: NDArray[np.int64] = np.zeros(BUCKETS, np.int64)
        self._max_ps = 0

    def add(self, histogram: PackedHistogram) -> None:
        import numpy as np

        self._max_ps = max(self._max_ps, histogram.max_ps)
        # A histogram names each bucket once, so that nothing is lost here.
        where = np.frombuffer(histogram.buckets, np.int64)
        self._counts[where] += np.frombuffer(histogram.counts, np.int64)

    def merged(self) -> MergedHistogram:
        where = self._counts.nonzero()[0]
        return MergedHistogram(buckets=where, counts=self._counts[where], max_ps=self._max_ps)
