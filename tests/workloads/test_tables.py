"""The tables of the built-in workloads have the shape that their pages promise."""

from __future__ import annotations

from collections import Counter

import pytest

from pcpbench.plugin import ALLOC, DRAIN_ZONE, FREE, LISTS_OFF, LISTS_ON, WorkloadContext
from pcpbench.workloads.brk import Brk
from pcpbench.workloads.builtin import BUILT_IN
from pcpbench.workloads.bulk import Bulk
from pcpbench.workloads.contiguous import Contiguous
from pcpbench.workloads.memory_offline import MemoryOffline
from pcpbench.workloads.page_fault import PageFault
from pcpbench.workloads.producer_consumer import ProducerConsumer
from pcpbench.workloads.random_free import RandomFree
from pcpbench.workloads.tables import Draws, Steps
from pcpbench.workloads.thp import Thp

NATIVE = {"memory-pressure", "isolated-loop", "repeat", "bulk", "random-free"}
TABLES = [w for w in BUILT_IN if w.kind not in NATIVE]


def context(cpus=(0, 1, 2), *, page_bytes=4096, managed_pages=262_144, seed=1):
    return WorkloadContext(
        cpus=cpus,
        managed_pages=managed_pages,
        page_bytes=page_bytes,
        housekeeping_cpus=len(cpus),
        seed=seed,
        time_ns=1_000_000_000,
    )


def live(stream):
    """Slots held after one pass through the table from its beginning, most at a time, orders."""
    held: dict[int, int] = {}
    now = most = 0
    for op, slot, order in zip(stream.op, stream.slot, stream.order, strict=True):
        if op == ALLOC and slot not in held:
            held[slot] = order
            now += 1 << order
        elif op == FREE and slot in held:
            now -= 1 << held.pop(slot)
        most = max(most, now)
    return held, most


@pytest.mark.parametrize("workload", [w for w in TABLES if w.kind != "trace"], ids=lambda w: w.kind)
@pytest.mark.parametrize("cpus", [(0,), (1, 2), tuple(range(9))], ids=len)
def test_a_workload_holds_at_most_three_quarters_of_memory(workload, cpus):
    managed = 16_384
    streams = workload().streams(context(cpus, managed_pages=managed))
    groups = Counter(stream.slot_group for stream in streams)
    total = sum(live(s)[1] / groups[s.slot_group] for s in streams if 0 in s.op)
    assert total <= 0.75 * managed
    assert {stream.cpu for stream in streams} == set(cpus)


@pytest.mark.parametrize("workload", [PageFault, Brk, Thp], ids=lambda workload: workload.kind)
def test_a_cycle_gives_back_what_it_took(workload):
    for stream in workload().streams(context()):
        assert live(stream)[0] == {}


def test_one_side_of_a_pair_only_allocates_and_the_other_only_frees():
    producer, consumer = ProducerConsumer().streams(context((3, 5)))
    assert set(producer.op) == {ALLOC}
    assert set(consumer.op) == {FREE}
    assert producer.slot_group == consumer.slot_group
    assert (producer.cpu, consumer.cpu) == (3, 5)


def test_a_shared_region_is_freed_by_others_than_those_that_touched_it():
    streams = PageFault(shared=True, pages=90).streams(context())
    freed = [{s.slot[i] for i, op in enumerate(s.op) if op == FREE} for s in streams]
    assert set.union(*freed) == set(range(90))
    assert sum(map(len, freed)) == 90
    assert all(sorted(s.slot[:90]) == list(range(90)) for s in streams)


@pytest.mark.parametrize(("page_bytes", "order"), [(4096, 9), (16_384, 11), (65_536, 13)])
def test_a_huge_page_has_the_order_of_the_page_size(page_bytes, order):
    workload = Thp(fallback=0.0)
    (stream,) = workload.streams(context((0,), page_bytes=page_bytes, managed_pages=1 << 20))
    assert set(stream.order) == {0, order}


def test_a_claim_drains_one_zone_before_it_moves_pages():
    (stream,) = Contiguous(pages=10, in_use=1.0, lru="none").streams(context((0,)))
    ops = list(stream.op)
    first = ops.index(DRAIN_ZONE)
    assert ops.count(DRAIN_ZONE) == 8
    assert ops[first + 1 : first + 21] == [ALLOC, FREE] * 10


def test_memory_goes_offline_between_lists_off_and_lists_on():
    (stream,) = MemoryOffline(pages=5).streams(context((0,)))
    switches = [op for op in stream.op if op in (LISTS_OFF, LISTS_ON)]
    assert switches == [LISTS_OFF, LISTS_ON] * 4


@pytest.mark.parametrize(("workload", "shuffled"), [(Bulk, 0), (RandomFree, 1)])
def test_half_of_memory_is_shared_out_among_the_cpus(workload, shuffled):
    streams = workload(order=3).streams(context((0, 1), managed_pages=16_384))
    assert [s.parameters["blocks"] * 8 for s in streams] == [4096, 4096]
    assert {s.parameters["shuffled"] for s in streams} == {shuffled}


def test_gaps_vary_around_what_was_asked_for():
    steps = Steps(1, 0, "test")
    for _ in range(4000):
        steps.alloc(0, 1000)
    gaps = steps.stream(0, 1).gap_ns
    assert min(gaps) >= 500
    assert max(gaps) <= 1500
    assert sum(gaps) / len(gaps) == pytest.approx(1000, rel=0.02)


def test_draws_are_uniform_and_depend_on_their_text_alone():
    draws = Draws("a")
    counts = Counter(draws.below(6) for _ in range(60_000))
    # Chi-squared with 5 degrees of freedom stays below 20.5 with probability 0.999.
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts.values()) < 20.5
    again = Draws("a")
    assert [Draws("a").below(100) for _ in range(3)] == [again.below(100)] * 3
