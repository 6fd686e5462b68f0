"""Declares the metrics of a whole cell: throughput, drains, progress under pressure, memory."""

from __future__ import annotations

from pcpbench.metrics.latencies import PATH_COSTS, Measure
from pcpbench.metrics.metric import Direction, Metric, Missing, Number
from pcpbench.metrics.raw import RawMeasurements

EMPTY_WINDOW = Missing("the measured window is empty")


def _per_s(*counters: str) -> Measure:
    def of(raw: RawMeasurements) -> Number | Missing:
        window_ps = raw.counter("window_ps")
        total = sum(raw.counter(name) for name in counters)
        return total * 10**12 / window_ps if window_ps else EMPTY_WINDOW

    return of


def _count(counter: str) -> Measure:
    return lambda raw: raw.counter(counter)


def _fast_path_ns(raw: RawMeasurements) -> Number | Missing:
    calls = raw.counter("fast_allocs")
    if not calls:
        return Missing("no allocation took the fast path")
    return raw.counter("fast_alloc_ps") / (1000 * calls)


def _parked_mean_pages(raw: RawMeasurements) -> Number | Missing:
    samples = raw.counter("parked_samples")
    return raw.counter("parked_pages_sum") / samples if samples else Missing("no samples")


def _counted(
    name: str,
    title: str,
    help: str,
    *,
    raw: str,
    unit: str = "count",
    margin: float = 1.0,
    better: Direction = "lower",
    assumed: str = "",
) -> Metric:
    """A counter of the core as it stands; it may be 0, so it is compared as a difference."""
    return Metric(
        name=name,
        title=title,
        unit=unit,
        better=better,
        scale="difference",
        margin=margin,
        help=help,
        raw=raw,
        assumed=assumed,
        of=_count(raw),
    )


PRICE = (
    Metric(
        name="alloc.fast_path_ns",
        title="cost of the allocation fast path",
        unit="ns",
        better="lower",
        scale="ratio",
        margin=0.02,
        help="Mean time of allocations served from the CPU's own list without a refill.",
        raw="fast_alloc_ps / fast_allocs",
        assumed=PATH_COSTS,
        of=_fast_path_ns,
    ),
    Metric(
        name="throughput_calls_per_s",
        title="page calls per second",
        unit="per_s",
        better="higher",
        scale="ratio",
        margin=0.01,
        help="Allocation and free calls of all CPUs per simulated second.",
        raw="(alloc_calls + free_calls) / window_ps",
        of=_per_s("alloc_calls", "free_calls"),
    ),
    Metric(
        name="throughput_pages_per_s",
        title="pages moved per second",
        unit="pages_per_s",
        better="higher",
        scale="ratio",
        margin=0.01,
        help="Pages allocated and freed by all CPUs per simulated second.",
        raw="(alloc_pages + free_pages) / window_ps",
        of=_per_s("alloc_pages", "free_pages"),
    ),
)


def _drain_call_ns(raw: RawMeasurements) -> Number | Missing:
    if raw.counter("drain_unfinished"):
        return Missing(
            "drains were unfinished at the end, and how long their callers wait is not known"
        )
    asked, total_ps = raw.counter("drain_asked"), raw.histogram("drain.latency").sum_ps
    return total_ps / (1000 * asked) if total_ps else Missing("nobody waited for a drain")


DRAINS = (
    Metric(
        name="drain.call_ns",
        title="mean time of a call for a drain",
        unit="ns",
        better="lower",
        scale="ratio",
        margin=0.1,
        help="Mean time that who asks for a drain waits, with calls that return at once because "
        "one is under way: what a trace of drain_all_pages shows.",
        raw="drain.latency / drain_asked",
        of=_drain_call_ns,
    ),
    _counted(
        "drain.asked",
        "drains asked for",
        "Drains of all lists that callers asked for.",
        raw="drain_asked",
    ),
    _counted(
        "drain.joined",
        "drains joined",
        "Requests that waited for a drain already under way instead of starting one.",
        raw="drain_joined",
    ),
    _counted(
        "drain.skipped",
        "drains skipped",
        "Requests that returned at once because a drain was under way.",
        raw="drain_skipped",
    ),
    _counted(
        "drain.completed",
        "drains completed",
        "Drains that ended in the window; more of them is good or bad by what asked for them.",
        raw="drain_completed",
        better="neither",
    ),
    _counted(
        "drain.unfinished",
        "drains unfinished",
        "Drains still under way at the end of the window.",
        raw="drain_unfinished",
    ),
    _counted(
        "drain.pages",
        "pages drained",
        "Pages that drains returned to the zones; good or bad by what asked for them.",
        raw="drain_pages",
        unit="pages",
        margin=64.0,
        better="neither",
    ),
    _counted(
        "drain.ipis",
        "IPIs by drains",
        "Inter-processor interrupts that drains sent.",
        raw="drain_ipis",
    ),
    _counted(
        "drain.context_switches",
        "context switches by drains",
        "Switches to kworkers and back that drains made on their targets.",
        raw="drain_context_switches",
    ),
    _counted(
        "drain.grace_periods",
        "grace periods of drains",
        "RCU grace periods that drains waited for.",
        raw="drain_grace_periods",
    ),
)

PROGRESS = (
    _counted(
        "reclaim.retries",
        "retries after reclaim",
        "Times an allocation tried again after direct reclaim.",
        raw="reclaim_retries",
    ),
    _counted(
        "reclaim.direct_pages",
        "pages reclaimed directly",
        "Pages that allocating tasks had to reclaim themselves.",
        raw="reclaim_direct_pages",
        unit="pages",
        margin=64.0,
    ),
    _counted(
        "alloc.failures",
        "failed allocations",
        "Allocations that found no page, after all retries.",
        raw="alloc_failures",
        margin=0.0,
    ),
)

MEMORY = (
    _counted(
        "memory.strategy_bytes",
        "memory added",
        "Bytes the strategy adds for all CPUs and zones.",
        raw="strategy_bytes",
        unit="bytes",
        margin=0.0,
        assumed="the bytes per CPU and zone that the strategy declares",
    ),
    Metric(
        name="memory.parked_pages.mean",
        title="pages parked on lists",
        unit="pages",
        better="lower",
        scale="difference",
        margin=64.0,
        help="Mean number of free pages on the lists of all CPUs.",
        raw="parked_pages_sum / parked_samples",
        of=_parked_mean_pages,
    ),
    _counted(
        "memory.parked_pages.max",
        "most pages parked on lists",
        "Largest number of free pages on the lists of all CPUs.",
        raw="parked_pages_max",
        unit="pages",
        margin=64.0,
    ),
    _counted(
        "memory.limbo_pages.max",
        "most pages in limbo",
        "Largest number of pages taken off the lists and not yet free, as behind a grace period.",
        raw="limbo_pages_max",
        unit="pages",
        margin=64.0,
    ),
)
