"""Draining LRU batches disturbs the CPUs that hold entries, unless a strategy does it from afar."""

from __future__ import annotations

import dataclasses
from array import array

import pytest

from pcpbench.plugin import ALLOC, LRU_DRAIN, LRU_DRAIN_FORCED, OpStream, Workload
from pcpbench.simulator.run import run_cell


class Asks(Workload):
    """The first CPU drains LRU batches every 10 ms, the others idle."""

    kind = "asks"
    op = LRU_DRAIN

    def streams(self, context):
        return [
            OpStream(
                cpu=context.cpus[0],
                op=array("B", [self.op]),
                order=array("B", [0]),
                migratetype=array("B", [1]),
                slot=array("I", [0]),
                gap_ns=array("I", [10_000_000]),
                slots=1,
            )
        ]


class AsksAll(Asks):
    op = LRU_DRAIN_FORCED


def lru_interruptions(make_cell, registry, asks, strategy="spinlock-trylock", **changes):
    workloads = {**registry.workloads, "asks": asks}
    cell = make_cell(strategy, busy="asks", drains_per_s=0.0, **changes)
    result = run_cell(cell, dataclasses.replace(registry, workloads=workloads))
    assert result.status == "ok", result.error
    return result.metrics["isolated.interruptions.by_cause.lru"]


def test_a_cpu_that_touches_memory_is_disturbed_each_time(make_cell, registry):
    # 200 ms hold 20 requests; in each period the loop touches 8 pages, which stay in its batch.
    interrupted = lru_interruptions(make_cell, registry, Asks, victim="isolated-loop")
    assert 38 <= interrupted <= 63  # an IPI and a kworker each time, and at most a tick


def test_a_cpu_without_entries_is_spared_unless_all_are_meant(make_cell, registry):
    # The loop fills its batch once, 31 ms after the start, and never enters the kernel again.
    assert lru_interruptions(make_cell, registry, Asks) <= 3
    assert lru_interruptions(make_cell, registry, AsksAll) >= 38


@pytest.mark.parametrize("strategy", ["static-key-spinlock", "qpw"])
def test_a_strategy_that_drains_them_from_afar_disturbs_nobody(make_cell, registry, strategy):
    for asks in (Asks, AsksAll):
        assert lru_interruptions(make_cell, registry, asks, strategy, victim="isolated-loop") == 0


def test_a_full_batch_empties_itself(make_cell, registry):
    class FifteenPages(Workload):
        kind = "fifteen"

        def streams(self, context):
            pages = 15
            return [
                OpStream(
                    cpu=cpu,
                    op=array("B", [ALLOC] * pages),
                    order=array("B", [0] * pages),
                    migratetype=array("B", [1] * pages),
                    slot=array("I", range(pages)),
                    gap_ns=array("I", [500] * pages),
                    slots=pages,
                    slot_group=cpu,
                )
                for cpu in context.cpus
            ]

    more = dataclasses.replace(registry, workloads={**registry.workloads, "fifteen": FifteenPages})
    assert lru_interruptions(make_cell, more, Asks, victim="fifteen") == 0
