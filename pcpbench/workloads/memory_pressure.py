"""Generates the page calls of tasks whose working sets outgrow the zone."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import NativeStream, OpStream, Workload, WorkloadContext


class MemoryPressure(Workload):
    """Each CPU walks its share of a working set in a cycle, between short-lived allocations.

    A touch of a page that reclaim took is a fault and allocates it anew; since reclaim takes the
    oldest pages, a walk through a set larger than memory always finds them gone, which is what
    a stream through files or a heap larger than memory does. Phases alternate: in calm ones
    kswapd keeps up, in bursts it does not, and allocations reclaim for themselves. The rest of
    the calls allocates and frees a pool of blocks in random order: an eighth of them of
    orders 1 to 3, a quarter of the single pages kernel memory.
    """

    kind = "memory-pressure"
    summary = "working sets that outgrow the zone, in calm and burst phases, with short-lived churn"
    source = "a model of streaming readers beside short-lived allocations; phases are estimates"
    seed_varies = "order and times of calls, and where in its phases the machine starts"

    rate: float = param(
        400_000.0,
        unit="per_s",
        ge=1_000.0,
        le=5_000_000.0,
        help="Page calls a CPU makes a second while nothing delays it.",
    )
    working_set: float = param(
        1.25, ge=0.1, le=8.0, help="Pages of all working sets, as a multiple of the zone."
    )
    calm: int = param(
        80_000_000, unit="ns", ge=0, le=10_000_000_000, help="Length of a calm phase."
    )
    burst: int = param(
        40_000_000, unit="ns", ge=1_000, le=10_000_000_000, help="Length of a burst."
    )
    calm_faults: float = param(
        0.05, unit="fraction", ge=0.0, le=1.0, help="Share of faults among the calls when calm."
    )
    burst_faults: float = param(
        0.4, unit="fraction", ge=0.0, le=1.0, help="Share of faults among the calls in a burst."
    )
    churn_blocks: int = param(
        512, ge=8, le=1_000_000, help="Blocks in each CPU's pool of short-lived allocations."
    )
    calls: int = param(
        0,
        ge=0,
        le=1_000_000_000_000,
        help="Page calls that a CPU makes before it rests for good; 0: it never rests.",
    )

    def streams(self, context: WorkloadContext) -> Sequence[NativeStream | OpStream]:
        set_pages = int(context.managed_pages * self.working_set) // len(context.cpus)
        parameters = {
            "set_pages": max(set_pages, 1),
            "churn_slots": self.churn_blocks,
            "think_ps": round(1e12 / self.rate),
            "calm_ops": round(self.calm * self.rate / 1e9),
            "burst_ops": max(round(self.burst * self.rate / 1e9), 1),
            "calm_fault_permille": round(self.calm_faults * 1000),
            "burst_fault_permille": round(self.burst_faults * 1000),
            "calls": self.calls,
        }
        return [
            NativeStream(cpu=cpu, kind=self.kind, parameters=parameters) for cpu in context.cpus
        ]
