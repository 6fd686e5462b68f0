"""Tables: each call on one CPU, gaps that add up to the cycle, and beginnings in the middle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.plugin.workload import ALLOC, FREE, PAUSE
from pcpbench.trace.cycle import Cycle
from pcpbench.trace.gaps import Gaps
from pcpbench.trace.tables import LONGEST_GAP_NS, spread


def cycle_of(cpus, times=None):
    """One slot, allocated and freed in turn by the given CPUs."""
    count = len(cpus)
    assert count % 2 == 0
    return Cycle(
        op=np.array([ALLOC, FREE] * (count // 2), dtype=np.uint8),
        order=np.zeros(count, dtype=np.uint8),
        migratetype=np.ones(count, dtype=np.uint8),
        slot=np.repeat(np.arange(count // 2), 2).astype(np.uint32),
        cpu=np.array(cpus),
        time=np.array(times if times is not None else range(count)),
        tick_ns=1.0,
        cpus=max(cpus) + 1,
        slots=count // 2,
        added=0,
    )


RECORDED = Gaps(rule="scaled", number=1.0)
CPUS = st.lists(st.integers(0, 3), min_size=1, max_size=30).map(lambda cpus: cpus + cpus)


@given(CPUS, st.integers(1, 4), st.integers(1, 100_000))
def test_every_call_is_made_once_and_every_table_lasts_a_cycle(cpus, size, gap_ns):
    cycle = cycle_of([*cpus, 3, 3])
    spreaded = spread(cycle, Gaps(rule="fixed", number=gap_ns), min(size, cycle.cpus))
    made = np.concatenate([table.calls for table in spreaded.tables])
    assert sorted(made.tolist()) == list(range(len(cycle.op)))
    for table in spreaded.tables:
        assert int(table.gap_ns.sum(dtype=np.int64)) in (spreaded.length_ns, LONGEST_GAP_NS)
        assert table.gap_ns.max() <= LONGEST_GAP_NS
        assert table.op[table.at].tolist() == cycle.op[table.calls].tolist()
        assert np.delete(table.op, table.at).tolist() == [PAUSE] * (len(table.op) - len(table.at))
        assert table.time_ns[table.at].tolist() == spreaded.times_ns[table.calls].tolist()


def test_a_full_group_keeps_the_recorded_cpus_apart():
    spreaded = spread(cycle_of([0, 1, 2, 1]), RECORDED, 3)
    assert spreaded.place.tolist() == [0, 1, 2]


def test_a_smaller_group_shares_the_busiest_cpus_out():
    cycle = cycle_of([0, 1, 1, 1, 2, 3])
    assert spread(cycle, RECORDED, 2).place.tolist() == [1, 0, 1, 1]
    assert spread(cycle, RECORDED, 1).place.tolist() == [0, 0, 0, 0]


def test_a_long_gap_becomes_pauses():
    spreaded = spread(cycle_of([0, 0], [0, 50_000]), RECORDED, 1)
    (table,) = spreaded.tables
    assert table.op.tolist() == [PAUSE, ALLOC, PAUSE, PAUSE, FREE]
    assert table.gap_ns.tolist() == [20_000, 5_000, 20_000, 20_000, 10_000]


def test_very_long_gaps_do_not_become_endless_tables():
    spreaded = spread(cycle_of([0, 0], [0, 10**12]), RECORDED, 1)
    assert len(spreaded.tables[0].op) < 200_000


@pytest.mark.parametrize("call", [0, 1, 2, 3])
def test_a_cpu_begins_at_its_next_call_or_the_pauses_before_it(call):
    cycle = cycle_of([0, 0, 0, 1], [0, 50_000, 60_000, 61_000])
    spreaded = spread(cycle, RECORDED, 2)
    table = spreaded.tables[1]
    begun, following = spreaded.begin(1, call)
    assert following == 3
    assert begun <= table.at[0]
    # No later than a pause after the cycle's place, and not before it.
    late_ns = table.time_ns[begun] - spreaded.times_ns[call]
    assert 0 <= late_ns <= LONGEST_GAP_NS


def test_a_cpu_behind_its_last_call_begins_on_the_way_back():
    cycle = cycle_of([0, 1, 1, 1], [0, 30_000, 60_000, 90_000])
    spreaded = spread(cycle, RECORDED, 2)
    entry, following = spreaded.begin(0, 2)
    assert following == 4  # none of its calls is left
    table = spreaded.tables[0]
    assert entry <= table.at[0]
    assert table.time_ns[entry] + spreaded.length_ns >= spreaded.times_ns[2]


def test_a_cpu_without_calls_only_waits():
    cycle = cycle_of([1, 1])
    spreaded = spread(cycle, RECORDED, 2)
    assert spreaded.tables[0].op.tolist() == [PAUSE]
    assert spreaded.begin(0, 1) == (0, 2)
