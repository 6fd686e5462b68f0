"""Generates bursts of allocations whose sizes and distances are random, with NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pcpbench.plugin import ALLOC, FREE, OpStream, Workload, WorkloadContext, hookimpl, param

MOVABLE = 1
BURSTS = 100
WITHIN_GAP_NS = 150


class Bursts(Workload):
    """Each CPU takes a geometric number of pages at once, keeps them a while, gives them back.

    The distances between bursts are exponential, as those of independent requests are. All columns
    of the table are made with NumPy, none in a loop over operations.
    """

    kind = "bursts"
    summary = "requests that take many pages at once and give them back together"
    source = "an example for writers of plugins; a Poisson process of requests"
    seed_varies = "the sizes of all bursts and the times between them"
    simulates_reclaim = False

    pages: int = param(32, ge=1, le=10_000, help="Mean number of pages of a burst.")
    distance: int = param(
        100_000, unit="ns", ge=100, le=100_000_000, help="Mean time from one burst to the next."
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        most = max(1, context.managed_pages // 2 // len(context.cpus))
        return [self._stream(cpu, most, context.seed) for cpu in context.cpus]

    def _stream(self, cpu: int, most: int, seed: int) -> OpStream:
        # Whatever is random comes from the seed and the CPU, so that cells can be repeated.
        random = np.random.Generator(np.random.Philox([seed % 2**32, cpu]))
        sizes = np.minimum(random.geometric(1 / self.pages, BURSTS), most)
        # Each burst is its allocations, then its frees: two runs of the same length.
        runs = np.repeat(sizes, 2)
        op = np.repeat(np.tile(np.array([ALLOC, FREE], np.uint8), BURSTS), runs)
        ends = np.cumsum(runs)
        slot = np.arange(len(op)) - np.repeat(ends - runs, runs)
        gap = np.full(len(op), WITHIN_GAP_NS)
        gap[ends - runs] = np.minimum(random.exponential(self.distance / 2, 2 * BURSTS), 2e9)
        return OpStream(
            cpu=cpu,
            op=op,
            order=np.zeros(len(op), np.uint8),
            migratetype=np.full(len(op), MOVABLE, np.uint8),
            slot=slot.astype(np.uint32),
            gap_ns=gap.astype(np.uint32),
            slots=int(sizes.max()),
            slot_group=cpu,
        )


@hookimpl
def pcpbench_workloads() -> Sequence[type[Workload]]:
    return [Bursts]
