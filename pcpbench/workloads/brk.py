"""Generates the page calls of heaps that grow and shrink at their end."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import Steps, fitting

UNMAP_GAP_NS = 30
MOVES = 64  # growths and shrinks in a cycle


class Brk(Workload):
    """Each CPU's task moves the end of its heap up, touches the new pages, and down again.

    What goes last came last: the lists give it back at once, the zone is needed only for the
    difference. Sizes of the moves are uniform up to ``step``.
    """

    kind = "brk"
    summary = "heaps that grow and shrink at their end"
    source = "will-it-scale brk1, with touched pages; mm/mmap.c:do_brk_flags, v5.15"
    seed_varies = "the sizes of all moves, and the times between calls"
    simulates_reclaim = False

    step: int = param(64, ge=1, le=100_000, help="Most pages in one move.")
    fault: int = param(
        700, unit="ns", ge=0, le=1_000_000, help="Time between faults (an estimate)."
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        most = fitting(self.step * MOVES, len(context.cpus), context.managed_pages)
        return [self._stream(context, cpu, most) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int, most: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        pages = 0
        for move in range(MOVES):
            size = 1 + steps.draws.below(self.step)
            grows = move % 2 == 0
            end = min(pages + size, most) if grows else max(pages - size, 0)
            end = 0 if move == MOVES - 1 else end
            for slot in range(pages, end):
                steps.alloc(slot, self.fault)
            for slot in range(pages - 1, end - 1, -1):
                steps.free(slot, UNMAP_GAP_NS)
            pages = end
        return steps.stream(cpu, most)
