"""Generates the page calls of tasks that map a region, touch it, and unmap it again."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import Steps, fitting

UNMAP_GAP_NS = 30  # pages leave in batches, back to back


class PageFault(Workload):
    """Each CPU touches every page of a region, then unmaps it, again and again.

    Private: every CPU has a region of its own (processes). Shared: all CPUs touch one region, each
    beginning elsewhere; who comes first allocates a page, and each frees its part of the region,
    so that pages are freed on other CPUs than they came from (threads).
    """

    kind = "page-fault"
    summary = "regions that are mapped, touched page by page, and unmapped"
    source = "will-it-scale page_fault1 and its thread mode: the shapes, not the code"
    seed_varies = "the times between calls, and where in its region each CPU begins"
    simulates_reclaim = False

    pages: int = param(1024, ge=1, le=1_000_000, help="Pages of a region.")
    shared: bool = param(False, help="All CPUs touch one region.")
    fault: int = param(
        700,
        unit="ns",
        ge=0,
        le=1_000_000,
        help="Time between faults: the rest of a page fault, clearing included (an estimate).",
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        make = self._shared if self.shared else self._private
        return [make(context, number) for number in range(len(context.cpus))]

    def _private(self, context: WorkloadContext, number: int) -> OpStream:
        cpu = context.cpus[number]
        pages = fitting(self.pages, len(context.cpus), context.managed_pages)
        steps = Steps(context.seed, cpu, self.kind)
        for slot in range(pages):
            steps.alloc(slot, self.fault)
        for slot in range(pages):
            steps.free(slot, UNMAP_GAP_NS)
        return steps.stream(cpu, pages)

    def _shared(self, context: WorkloadContext, number: int) -> OpStream:
        cpu, cpus = context.cpus[number], len(context.cpus)
        pages = max(fitting(self.pages, 1, context.managed_pages), cpus)
        steps = Steps(context.seed, cpu, self.kind)
        begin, end = number * pages // cpus, (number + 1) * pages // cpus
        for step in range(pages):
            steps.alloc((begin + step) % pages, self.fault)
        for slot in range(begin, end):
            steps.free(slot, UNMAP_GAP_NS)
        return steps.stream(cpu, pages, slot_group=0)
