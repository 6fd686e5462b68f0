"""Generates pages that are allocated on one CPU and freed on another."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.workloads.tables import UNMOVABLE, Steps, fitting


class ProducerConsumer(Workload):
    """CPUs in pairs: one fills a ring of pages, the other frees them, half a ring behind.

    The producer's lists always run empty, the consumer's always run over, and every page
    crosses through the zone. A page that the consumer has not freed in time is skipped by the
    producer. The last of an odd number of CPUs is both.
    """

    kind = "producer-consumer"
    summary = "pages allocated on one CPU and freed on another"
    source = "a model of a pipe or socket between two pinned tasks; the ring is an estimate"
    seed_varies = "the times between calls"
    simulates_reclaim = False

    ring: int = param(512, ge=2, le=1_000_000, help="Pages of the ring between a pair.")
    gap: int = param(500, unit="ns", ge=10, le=100_000_000, help="Time between two calls of a CPU.")

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        cpus = context.cpus
        ring = max(2, fitting(self.ring, len(cpus), context.managed_pages))
        streams = []
        for pair, first in enumerate(range(0, len(cpus), 2)):
            both = cpus[first : first + 2]
            if len(both) == 1:
                streams.append(self._alone(context, both[0], ring, pair))
                continue
            streams.append(self._side(context, both[0], ring, pair, producer=True))
            streams.append(self._side(context, both[1], ring, pair, producer=False))
        return streams

    def _side(
        self, context: WorkloadContext, cpu: int, ring: int, pair: int, *, producer: bool
    ) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        for slot in range(ring):
            if producer:
                steps.alloc(slot, self.gap, migratetype=UNMOVABLE)
            else:
                steps.free(slot, self.gap)
        return steps.stream(cpu, ring, slot_group=pair, start=0 if producer else ring // 2)

    def _alone(self, context: WorkloadContext, cpu: int, ring: int, pair: int) -> OpStream:
        steps = Steps(context.seed, cpu, self.kind)
        for slot in range(ring):
            steps.alloc(slot, self.gap, migratetype=UNMOVABLE)
            steps.free((slot + ring // 2) % ring, self.gap)
        return steps.stream(cpu, ring, slot_group=pair, start=0)
