"""Generates the page calls of network cards' receive rings."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import UNMOVABLE, Steps, fitting

REFILL_GAP_NS = 15  # within a bulk allocation: one page after the other from the list
CONSUME_GAP_NS = 250  # between packets that the stack is done with


class NetworkReceive(Workload):
    """Each CPU polls a receive queue: it refills the ring in bulk and frees consumed pages.

    A poll takes up to ``budget`` pages at once, as a page pool does with the bulk allocator, and
    later frees those of an older poll one by one. The kernel's bulk allocation enters the
    lists once for all its pages; here each page is a call, which costs some more.
    """

    kind = "network-receive"
    summary = "receive rings refilled in bulk, pages freed one by one"
    source = "net/core/page_pool.c, mm/page_alloc.c:__alloc_pages_bulk, v5.15; NAPI budget 64"
    seed_varies = "the times between polls and calls, and where each CPU begins"
    simulates_reclaim = False

    ring: int = param(512, ge=1, le=65_536, help="Pages of a ring.")
    budget: int = param(64, ge=1, le=4096, help="Pages taken in one poll.")
    poll: int = param(
        50_000, unit="ns", ge=100, le=1_000_000_000, help="Time between two polls of a queue."
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        ring = fitting(self.ring, len(context.cpus), context.managed_pages)
        return [self._stream(context, cpu, ring) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, ring: int) -> OpStream:
        budget = min(self.budget, ring)
        steps = Steps(context.seed, cpu, self.kind)
        for begin in range(0, ring, budget):
            slots = range(begin, min(begin + budget, ring))
            for number, slot in enumerate(slots):
                steps.free(slot, self.poll if number == 0 else CONSUME_GAP_NS)
            for slot in slots:
                steps.alloc(slot, REFILL_GAP_NS, migratetype=UNMOVABLE)
        return steps.stream(cpu, ring)
