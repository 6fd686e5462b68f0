"""Generates the taking offline of memory, while which nobody may keep pages on lists."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import (
    LISTS_OFF,
    LISTS_ON,
    OpStream,
    Workload,
    WorkloadContext,
)
from pcpbench.workloads.migration import LRU, MOVE, add_migration
from pcpbench.workloads.tables import Steps, fitting


class MemoryOffline(Workload):
    """Now and then a CPU turns all lists off, moves the pages of a block away, turns them on.

    While the lists are off every CPU's call goes to the zone, and the drain that begins it
    spares nobody (zone_pcp_disable); LRU batches are drained after it. CPUs that want to do it at
    once wait for each other. Give it one CPU and the others a load of their own.
    """

    kind = "memory-offline"
    summary = "memory blocks taken offline: lists off, a forced drain, migration, lists on"
    source = "mm/memory_hotplug.c:offline_pages, mm/page_alloc.c:zone_pcp_disable, v5.15"
    seed_varies = "the times of the attempts and of their moves"
    simulates_reclaim = False

    pages: int = param(2048, ge=1, le=1_000_000, help="Pages moved away each time.")
    period: int = param(
        50_000_000, unit="ns", ge=10_000, le=60_000_000_000, help="Time between two attempts."
    )
    move: int = MOVE
    lru: str = LRU

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        pages = fitting(self.pages, 2 * len(context.cpus), context.managed_pages)
        return [self._stream(context, cpu, pages) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, pages: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        for attempt in range(4):
            steps.pause(self.period)
            steps.add(LISTS_OFF, 0)
            add_migration(steps, attempt, pages=pages, move_ns=self.move, lru=self.lru)
            steps.add(LISTS_ON, 0)
        return steps.stream(cpu, 2 * pages, start=0)
