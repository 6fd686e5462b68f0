"""Generates the bare fast path: one page taken and given back, again and again."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import NativeStream, OpStream, Workload, WorkloadContext


class Repeat(Workload):
    """Allocates one block and frees it again: the list never runs empty or over."""

    kind = "repeat"
    summary = "one page allocated and freed again and again: the fast path alone"
    source = "the 'repeat' benchmark of the LLFree paper's artifact"
    seed_varies = "the times between calls"
    simulates_reclaim = False

    rate: float = param(
        1_000_000.0,
        unit="per_s",
        ge=1_000.0,
        le=1_000_000_000.0,
        help="Page calls a CPU makes a second if they took no time.",
    )
    order: int = param(0, ge=0, le=10, help="Order of the block.")

    def streams(self, context: WorkloadContext) -> Sequence[NativeStream | OpStream]:
        parameters = {"think_ps": round(1e12 / self.rate), "order": self.order}
        return [
            NativeStream(cpu=cpu, kind=self.kind, parameters=parameters) for cpu in context.cpus
        ]
