"""Generates allocations of a share of memory, freed in order or at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import Steps, fitting

GAP_NS = 20


class Bulk(Workload):
    """Each CPU allocates its part of half of memory and frees it in the same order.

    The lists run empty and over all the time: this is the zone lock's load, and that of refills and
    flushes. The blocks of a CPU are limited by ``most``, since a table is written for each.
    """

    kind = "bulk"
    summary = "half of memory allocated, then freed in order"
    source = "the 'bulk' benchmark of the LLFree paper's artifact (USENIX ATC 2023)"
    seed_varies = "the times between calls, and where each CPU begins"
    simulates_reclaim = False
    at_random: ClassVar[bool] = False

    order: int = param(0, ge=0, le=9, help="Order of the blocks.")
    most: int = param(16_384, ge=1, le=1_000_000, help="Most blocks a CPU holds.")

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        half = context.managed_pages // 2 >> self.order
        blocks = fitting(self.most, len(context.cpus), half, 1.0)
        return [self._stream(context, cpu, blocks) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, blocks: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        for slot in range(blocks):
            steps.alloc(slot, GAP_NS, order=self.order)
        order = steps.draws.shuffled(blocks) if self.at_random else range(blocks)
        for slot in order:
            steps.free(slot, GAP_NS, order=self.order)
        return steps.stream(cpu, blocks)
