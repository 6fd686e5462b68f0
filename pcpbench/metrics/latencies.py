"""Declares the metrics that sum up a latency histogram: mean, quantiles and maximum of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pcpbench.metrics.metric import Metric, Missing, Number, Scale
from pcpbench.metrics.quantiles import STATISTICS, summarise, summarise_censored, worst_of
from pcpbench.metrics.raw import RawMeasurements

Measure = Callable[[RawMeasurements], Number | Missing]

NO_ISOLATED = Missing("no isolated CPU")
PATH_COSTS = (
    "the path, masking, lock, indirection and cache-line costs of the hardware profile, for calls "
    "that stay in the CPU's own list"
)
# Flushes and drains differ in size by what happens: theirs is found.
REFILL_COSTS = "the refill costs of the hardware profile, times the blocks of the kernel's batch"
WORDS = {
    "mean": ("mean", "Mean"),
    "p50": ("median", "Median"),
    "p99": ("p99", "99 % quantile"),
    "p99.9": ("p99.9", "99.9 % quantile"),
    "max": ("longest", "Largest value"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """A recorded latency and what its five metrics have in common."""

    prefix: str
    noun: str
    help: str
    raw: str
    scale: Scale
    margin: float
    source: str = ""
    assumed: str = ""
    measure: Callable[[str], Measure] | None = None

    def metrics(self) -> tuple[Metric, ...]:
        """Mean, quantiles and maximum, in that order. Only a median is *assumed*: it is what
        most calls cost, the others depend on what the simulation makes calls meet."""
        measure = self.measure or self._plain
        return tuple(
            Metric(
                name=f"{self.prefix}.{statistic}",
                title=f"{WORDS[statistic][0]} {self.noun}",
                unit="ns",
                better="lower",
                scale=self.scale,
                margin=self.margin,
                help=f"{WORDS[statistic][1]} of {self.help}.",
                source=self.source,
                raw=self.raw,
                assumed=self.assumed if statistic == "p50" else "",
                of=measure(statistic),
            )
            for statistic in STATISTICS
        )

    def _plain(self, statistic: str) -> Measure:
        return lambda raw: summarise(raw.histogram(self.raw), statistic)


def _drain(statistic: str) -> Measure:
    return lambda raw: summarise_censored(
        raw.histogram("drain.latency"), raw.histogram("drain.censored"), statistic
    )


def _isolated(statistic: str) -> Measure:
    def of(raw: RawMeasurements) -> Number | Missing:
        if not raw.isolated:
            return NO_ISOLATED
        names = [f"cpu.{cpu}.alloc_latency" for cpu in raw.isolated]
        return worst_of([raw.histogram(name) for name in names], statistic)

    return of


ALLOC = Latency(
    prefix="alloc.latency_ns",
    noun="allocation latency",
    help="the time a page allocation takes its caller, slow path included, on all CPUs",
    raw="alloc.latency",
    scale="ratio",
    margin=0.05,
    assumed=PATH_COSTS,
)
FREE = Latency(
    prefix="free.latency_ns",
    noun="free latency",
    help="the time freeing a page takes its caller, flushes included, on all CPUs",
    raw="free.latency",
    scale="ratio",
    margin=0.05,
    assumed=PATH_COSTS,
)
ISOLATED_ALLOC = Latency(
    prefix="isolated.alloc_latency_ns",
    noun="allocation latency of the worst isolated CPU",
    help="the time an allocation takes an isolated CPU; the worst isolated CPU counts",
    raw="cpu.N.alloc_latency",
    scale="ratio",
    margin=0.05,
    assumed=PATH_COSTS,
    measure=_isolated,
)
DRAIN = Latency(
    prefix="drain.latency_ns",
    noun="drain latency",
    help="the time from a drain's request to its end; drains unfinished at the end are censored",
    raw="drain.latency, drain.censored",
    scale="ratio",
    margin=0.1,
    measure=_drain,
)
ZONE_LOCK_WAIT = Latency(
    prefix="zone_lock.wait_ns",
    noun="wait for the zone lock",
    help="the time a CPU spins for the zone lock; 0 where the lock is free",
    raw="zone_lock.wait",
    scale="difference",
    margin=100.0,
)
ZONE_LOCK_REFILL = Latency(
    prefix="zone_lock.refill_ns",
    noun="work under the zone lock of a refill",
    help="the time a refill works under the zone lock, taking the lock not counted",
    raw="zone_lock.refill",
    scale="ratio",
    margin=0.05,
    assumed=REFILL_COSTS,
)
ZONE_LOCK_FLUSH = Latency(
    prefix="zone_lock.flush_ns",
    noun="work under the zone lock of a flush",
    help="the time a flush, or a drain, works under the zone lock at a stretch, taking the lock "
    "not counted",
    raw="zone_lock.flush",
    scale="ratio",
    margin=0.05,
)
ZONE_LOCK_HOLD = Latency(
    prefix="zone_lock.hold_ns",
    noun="hold of the zone lock",
    help="the time the zone lock is held at a stretch",
    raw="zone_lock.hold",
    scale="ratio",
    margin=0.05,
)
