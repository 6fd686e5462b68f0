"""Cycles: whatever was recorded, every slot is allocated and freed once a round."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcpbench.plugin.workload import ALLOC, DRAIN, FREE
from pcpbench.trace.cycle import close_cycle
from pcpbench.trace.recording import load_recording


def cycle_of(writer, *events):
    return close_cycle(load_recording(writer.file(*events)))


def rows(cycle):
    return list(zip(cycle.op.tolist(), cycle.cpu.tolist(), cycle.slot.tolist(), strict=True))


def run(cycle, start, rounds=3):
    """Runs all CPUs' calls in global order, CPU c from call start[c] on; gives what was idle."""
    held = set(cycle.slot[cycle.held_before(start)].tolist())
    idle = 0
    for turn in range(rounds):
        for number, (op, cpu, slot) in enumerate(rows(cycle)):
            if turn == 0 and number < start[cpu]:
                continue
            idle += (op == ALLOC and slot in held) or (op == FREE and slot not in held)
            if op == ALLOC:
                held.add(slot)
            elif op == FREE:
                held.discard(slot)
    return idle


def test_a_page_left_over_takes_the_place_of_one_that_was_there_before(writer):
    cycle = cycle_of(writer, (0, writer.free(1)), (1, writer.alloc(2)))
    assert rows(cycle) == [(FREE, 0, 0), (ALLOC, 1, 0)]
    assert cycle.added == 0
    assert cycle.held_before(np.zeros(2, dtype=int)).tolist() == [1]
    assert cycle.largest_pages() == 1


def test_pages_of_other_orders_do_not_pair(writer):
    cycle = cycle_of(writer, (0, writer.free(8, 1)), (1, writer.alloc(2)))
    assert rows(cycle) == [(FREE, 0, 0), (ALLOC, 1, 1), (FREE, 1, 1), (ALLOC, 0, 0)]
    assert cycle.added == 2
    assert cycle.order.tolist() == [1, 0, 0, 1]


def test_the_same_type_pairs_first(writer):
    cycle = cycle_of(
        writer,
        (0, writer.free(1)),
        (0, "x: PF m=0 pfn=1"),
        (0, writer.free(2)),
        (0, writer.alloc(3, 0, 1)),
        (0, writer.alloc(4, 0, 0)),
    )
    assert cycle.slot.tolist() == [1, 0, 0, 1]
    assert cycle.added == 0


def test_a_page_is_held_across_the_end_where_the_recording_allows(writer):
    # Page 1 goes before page 3 comes: they pair; page 2 goes last and takes what is left.
    cycle = cycle_of(
        writer,
        (0, writer.alloc(3)),
        (0, writer.free(1)),
        (0, writer.alloc(4)),
        (0, writer.free(2)),
    )
    assert cycle.slot.tolist() == [0, 1, 1, 0]
    assert cycle.held_before(np.zeros(1, dtype=int)).tolist() == [2]


def test_drains_stay_at_their_place_and_touch_no_slot(writer):
    cycle = cycle_of(writer, (0, writer.alloc(1)), (1, writer.drain), (0, writer.free(1)))
    assert [op for op, _, _ in rows(cycle)] == [ALLOC, DRAIN, FREE]
    assert cycle.slots == 1
    assert cycle.held_before(np.array([1, 0])).tolist() == [0]


def test_recorded_time_starts_at_nought_and_never_falls(writer):
    cycle = cycle_of(writer, (0, writer.alloc(1)), (0, writer.free(1)))
    assert cycle.time.tolist() == [0, 1000]


def test_largest_pages_counts_blocks_in_use_at_once(writer):
    cycle = cycle_of(
        writer,
        (0, writer.alloc(8, 3)),
        (0, writer.free(8, 3)),
        (0, writer.alloc(1)),
        (0, writer.alloc(2, 2)),
        (0, writer.free(1)),
        (0, writer.free(2, 2)),
    )
    assert cycle.largest_pages() == 8


EVENTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 6), st.integers(0, 1), st.booleans()),
    min_size=1,
    max_size=40,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(EVENTS, st.lists(st.integers(0, 50), min_size=3, max_size=3))
def test_no_call_of_any_cycle_is_idle_wherever_the_cpus_begin_together(writer, events, starts):
    texts = [
        (cpu, writer.alloc(pfn, order) if is_alloc else writer.free(pfn, order))
        for cpu, pfn, order, is_alloc in events
    ]
    cycle = cycle_of(writer, *texts)
    uses = Counter((op, slot) for op, _, slot in rows(cycle))
    assert uses == {(op, slot): 1 for op in (ALLOC, FREE) for slot in range(cycle.slots)}
    together = np.full(cycle.cpus, min(starts[0], len(cycle.op)))
    assert run(cycle, together) == 0


def test_cpus_that_begin_apart_lose_no_block_for_good(writer):
    cycle = cycle_of(writer, (0, writer.alloc(1)), (1, writer.free(1)))
    # CPU 1 is ahead: its free counts as done, so the block is not there for it a second time.
    assert cycle.held_before(np.array([0, 2])).tolist() == []
    assert cycle.held_before(np.array([2, 0])).tolist() == [0]


@pytest.fixture(scope="module")
def shipped():
    return close_cycle(load_recording("recordings/linux-5.10-pressure"))


def test_the_shipped_recording_is_nearly_a_cycle_of_its_own(shipped):
    assert len(shipped.op) > 40_000
    assert shipped.added < len(shipped.op) / 1000
    assert np.count_nonzero(shipped.op == DRAIN) == 14
    assert shipped.cpus == 4
    assert shipped.largest_pages() < 6000


def test_calls_of_the_shipped_recording_are_never_idle(shipped):
    for start in (0, 12_345, 40_000):
        assert run(shipped, np.full(4, start), rounds=2) == 0
