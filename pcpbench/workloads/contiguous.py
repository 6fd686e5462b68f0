"""Generates allocations of contiguous ranges, the natural callers of a drain."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import (
    DRAIN_ZONE,
    LRU_DRAIN,
    LRU_DRAIN_FORCED,
    OpStream,
    Workload,
    WorkloadContext,
)
from pcpbench.workloads.tables import Steps, fitting

FREE_GAP_NS = 40
LRU_DRAINS = {"holding": LRU_DRAIN, "all": LRU_DRAIN_FORCED}


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
    move: int = param(
        1_500, unit="ns", ge=0, le=1_000_000, help="Time to move a page: copy, unmap, remap."
    )

    lru: str = param(
        "all",
        choices=("none", "holding", "all"),
        help="Whose LRU batches are drained too: of all CPUs as v5.15 does, of those that hold "
        "entries as 5.19 and later do, or none.",
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        pages = fitting(round(self.pages * self.in_use), len(context.cpus), context.managed_pages)
        return [self._stream(context, cpu, pages) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, pages: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        for claim in range(8):
            old, new = (0, pages) if claim % 2 else (pages, 0)
            steps.pause(self.period)
            steps.add(DRAIN_ZONE, 0)
            if self.lru != "none":
                steps.add(LRU_DRAINS[self.lru], 0)
            for slot in range(pages):
                steps.alloc(new + slot, self.move)
                steps.free(old + slot, FREE_GAP_NS)
        return steps.stream(cpu, 2 * pages)
