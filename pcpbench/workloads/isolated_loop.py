"""Generates the few page calls of a polling loop on an isolated CPU."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import NativeStream, OpStream, Workload, WorkloadContext


class IsolatedLoop(Workload):
    """Polls in user mode; once a period it drops its pages and touches them anew.

    The calls of a period are those that a recording of an isolated CPU on Linux 5.10 shows: one
    unmovable page for the kernel's gather structure, the frees of the pages, the free of that
    page, the faults. The unmovable page refills a list of its own, which is why the CPU's lists
    hold pages again after each drain.
    """

    kind = "isolated-loop"
    summary = "a polling loop that drops its pages and touches them anew once a period"
    source = "recording of an isolated CPU, Linux 5.10; mm/mmu_gather.c, v5.15"
    seed_varies = "the moment of the first period, CPU by CPU"
    simulates_reclaim = False

    touch_every: int = param(
        1_000_000, unit="ns", ge=1_000, le=60_000_000_000, help="Length of a period."
    )
    pages: int = param(8, ge=1, le=4096, help="Pages the loop holds.")
    call_gap: int = param(
        500,
        unit="ns",
        ge=0,
        le=1_000_000,
        help="Time between the calls of a period: the rest of a page fault (an estimate).",
    )
    fifo: bool = param(False, help="Run with a FIFO priority: kworkers wait for RT throttling.")

    def streams(self, context: WorkloadContext) -> Sequence[NativeStream | OpStream]:
        parameters = {
            "pages": self.pages,
            "touch_every_ps": self.touch_every * 1000,
            "call_gap_ps": self.call_gap * 1000,
        }
        return [
            NativeStream(cpu=cpu, kind=self.kind, parameters=parameters, fifo=self.fifo)
            for cpu in context.cpus
        ]
