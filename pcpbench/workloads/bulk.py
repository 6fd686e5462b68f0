"""Generates allocations of a share of memory, freed in order or at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import NativeStream, OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import fitting

GAP_PS = 1_000


class Bulk(Workload):
    """Each CPU allocates its part of half of memory and frees it in the same order.

    The lists run empty and over all the time: this is the zone lock's load, and that of refills and
    flushes. All CPUs begin to allocate together, and to free when they are through, so that the
    latency of allocations is that of the one phase and the latency of frees that of the other;
    nothing but a nanosecond of the caller's loop lies between two calls.
    """

    kind = "bulk"
    summary = "half of memory allocated, then freed in order"
    source = "the 'bulk' benchmark of the LLFree paper's artifact (USENIX ATC 2023)"
    seed_varies = "the times between calls"
    simulates_reclaim = False
    at_random: ClassVar[bool] = False

    order: int = param(0, ge=0, le=10, help="Order of the blocks.")
    most: int = param(16_777_216, ge=1, le=268_435_456, help="Most blocks a CPU holds.")
    rounds: int = param(
        0, ge=0, le=1_000_000, help="Rounds of allocating and freeing; 0 for as many as fit."
    )

    def streams(self, context: WorkloadContext) -> Sequence[NativeStream | OpStream]:
        half = context.managed_pages // 2 >> self.order
        parameters = {
            "blocks": fitting(self.most, len(context.cpus), half, 1.0),
            "order": self.order,
            "shuffled": int(self.at_random),
            "gap_ps": GAP_PS,
            "rounds": self.rounds,
        }
        return [NativeStream(cpu=cpu, kind="bulk", parameters=parameters) for cpu in context.cpus]
