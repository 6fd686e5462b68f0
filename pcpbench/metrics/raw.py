"""Decides in which form a cell's raw measurements reach the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pcpbench.metrics.histogram import Histogram

MECHANISMS = ("ipi", "kworker", "tick", "rcu", "lock")
CAUSES = ("drain", "vmstat", "lru", "other")


class NotCounted(LookupError):
    """A raw measurement that the engine did not hand over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMeasurements:
    """What the core counted in the measured window of one cell.

    ``counters``: integers by name, times in ps. ``histograms``: latencies by name. ``isolated``:
    numbers of the isolated CPUs, whose own counters and histograms are named ``cpu.N.*``.
    """

    counters: Mapping[str, int]
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    isolated: tuple[int, ...] = ()

    def counter(self, name: str) -> int:
        """A counter's value. Raises NotCounted where the engine has no such counter."""
        try:
            return self.counters[name]
        except KeyError:
            raise NotCounted(f"the engine did not count {name}") from None

    def histogram(self, name: str) -> Histogram:
        """A histogram. Raises NotCounted where the engine has no such histogram."""
        try:
            return self.histograms[name]
        except KeyError:
            raise NotCounted(f"the engine did not record {name}") from None

    def interruptions(
        self, cpu: int, *, mechanism: str | None = None, cause: str | None = None
    ) -> int:
        """Times a CPU's task was interrupted, by one mechanism or cause, or all of them."""
        return sum(
            self.counter(f"cpu.{cpu}.interruptions.{m}.{c}")
            for m in ([mechanism] if mechanism else MECHANISMS)
            for c in ([cause] if cause else CAUSES)
        )
