"""Generates the page calls of short-lived processes."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import UNMOVABLE, Steps, fitting

STACK_ORDER = 2  # THREAD_SIZE_ORDER on x86_64 and arm64
SLAB_ORDER = 3  # a new slab of task or mm structures, one process in eight
PROCESSES_PER_SLAB = 8
TABLE_PAGES = 8  # page tables of a small process
CALL_GAP_NS = 400


class ForkExec(Workload):
    """Processes that fork, copy some pages on write, execute another program, touch it and exit.

    fork: a kernel stack, page tables, the pages written by the child. exec: these pages and
    tables go, others come. exit: everything goes, page tables last. Every eighth process takes
    a new slab. The order-2 stack is that of a kernel without VMAP_STACK.
    """

    kind = "fork-exec"
    summary = "processes that fork, exec, touch some pages and exit"
    source = "kernel/fork.c:copy_process, fs/exec.c, mm/memory.c of v5.15; the counts are estimates"
    seed_varies = "the times between calls, and which process comes first"
    simulates_reclaim = False

    copied: int = param(40, ge=0, le=100_000, help="Pages that the child copies before exec.")
    touched: int = param(120, ge=0, le=100_000, help="Pages that the new program touches.")
    life: int = param(
        300_000, unit="ns", ge=0, le=10_000_000_000, help="Time a process runs between its faults."
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        return [self._stream(context, cpu) for cpu in context.cpus]

    def _stream(self, context: WorkloadContext, cpu: int) -> OpStream:
        cpus = len(context.cpus)
        touched = fitting(max(self.touched, self.copied), cpus, context.managed_pages)
        copied = min(self.copied, touched)
        stack, slab = TABLE_PAGES + touched, TABLE_PAGES + touched + 1
        steps = Steps(context.seed, cpu, self.kind)
        for process in range(PROCESSES_PER_SLAB):
            if process == 0:
                steps.alloc(slab, CALL_GAP_NS, order=SLAB_ORDER, migratetype=UNMOVABLE)
            steps.alloc(stack, CALL_GAP_NS, order=STACK_ORDER, migratetype=UNMOVABLE)
            self._space(steps, copied)
            self._space(steps, touched)
            steps.free(stack, CALL_GAP_NS, order=STACK_ORDER)
        steps.free(slab, CALL_GAP_NS, order=SLAB_ORDER)
        return steps.stream(cpu, slab + 1)

    def _space(self, steps: Steps, pages: int) -> None:
        """An address space: tables and pages come, live, and go."""
        for slot in range(TABLE_PAGES):
            steps.alloc(slot, CALL_GAP_NS, migratetype=UNMOVABLE)
        for slot in range(pages):
            steps.alloc(TABLE_PAGES + slot, CALL_GAP_NS + self.life // max(pages, 1))
        for slot in range(pages):
            steps.free(TABLE_PAGES + slot, CALL_GAP_NS // 8)
        for slot in range(TABLE_PAGES):
            steps.free(slot, CALL_GAP_NS // 8)
