"""Generates the page calls of tasks backed by transparent huge pages."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import UNMOVABLE, Steps, fitting

TABLE_BYTES = 8  # bytes of an entry: a page of entries maps one huge page


class Thp(Workload):
    """Each CPU touches a region huge page by huge page and unmaps it again.

    A huge page comes from the list of its order (since 5.14) with a deposited page table; on
    5.10 it comes from the zone. Clearing it takes most of the time. A share of the
    faults falls back to single pages, as they do where memory is fragmented.
    """

    kind = "thp"
    summary = "regions of transparent huge pages mapped, touched and unmapped"
    source = "mm/huge_memory.c:do_huge_pmd_anonymous_page, v5.15; clearing time is an estimate"
    seed_varies = "which faults fall back, the times between calls, where each CPU begins"
    simulates_reclaim = False

    huge_pages: int = param(16, ge=1, le=65_536, help="Huge pages of a region.")
    clear: int = param(60_000, unit="ns", ge=0, le=100_000_000, help="Time to clear a huge page.")
    fallback: float = param(
        0.05, unit="fraction", ge=0.0, le=1.0, help="Share of faults served by single pages."
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        order = (context.page_bytes // TABLE_BYTES).bit_length() - 1
        managed = context.managed_pages >> order
        count = fitting(self.huge_pages, len(context.cpus), managed)
        return [self._stream(context, cpu, count, order) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, count: int, order: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        singles = 1 << order
        first_single = 2 * count
        falls = [steps.draws.below(1000) < self.fallback * 1000 for _ in range(count)]
        for number, falls_back in enumerate(falls):
            steps.alloc(count + number, 300, migratetype=UNMOVABLE)  # the page table
            if not falls_back:
                steps.alloc(number, self.clear, order=order)
                continue
            for slot in range(singles):
                steps.alloc(first_single + number * singles + slot, self.clear // singles + 500)
        for number, falls_back in enumerate(falls):
            if falls_back:
                for slot in range(singles):
                    steps.free(first_single + number * singles + slot, 30)
            else:
                steps.free(number, 500, order=order)
            steps.free(count + number, 100)
        return steps.stream(cpu, first_single + count * singles)
