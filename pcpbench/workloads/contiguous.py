"""Generates allocations of contiguous ranges, the natural callers of a drain."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import (
    DRAIN_ZONE,
    OpStream,
    Workload,
    WorkloadContext,
)
from pcpbench.workloads.migration import LRU, MOVE, add_migration
from pcpbench.workloads.tables import Steps, fitting


class Contiguous(Workload):
    """Now and then each CPU claims a range: drains the zone's lists, then migrates what is in use.

    alloc_contig_range isolates the range, drains the lists of its zone so that no page of it
    hides there, and moves each used page to a new one. A drain of one zone waits if another is
    running. ``drain.latency_ns`` is what the caller waits for. Isolation itself is not modelled:
    the moves are allocations and frees as migration makes them. LRU batches are drained between
    the two (lru_cache_disable), by work on the CPUs unless the strategy does that from afar.
    """

    kind = "contiguous"
    summary = "contiguous ranges claimed: a drain of the zone, then migration"
    source = "mm/page_alloc.c:alloc_contig_range, v5.15 (CMA, gigantic pages)"
    seed_varies = "the times of the claims and of their moves"
    simulates_reclaim = False

    pages: int = param(512, ge=1, le=1_000_000, help="Pages of a range.")
    in_use: float = param(
        0.5, unit="fraction", ge=0.0, le=1.0, help="Share of the range that must be moved."
    )
    period: int = param(
        10_000_000, unit="ns", ge=10_000, le=60_000_000_000, help="Time between two claims."
    )
    move: int = MOVE
    lru: str = LRU

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        pages = fitting(round(self.pages * self.in_use), len(context.cpus), context.managed_pages)
        return [self._stream(context, cpu, pages) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, pages: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        for claim in range(8):
            steps.pause(self.period)
            steps.add(DRAIN_ZONE, 0)
            add_migration(steps, claim, pages=pages, move_ns=self.move, lru=self.lru)
        return steps.stream(cpu, 2 * pages)
