"""docs/traces.md: its numbers are those of the shipped recording."""

from collections import Counter
from pathlib import Path

import pytest

from pcpbench.plugin.workload import ALLOC, FREE
from pcpbench.trace.calls import NONE, match_calls
from pcpbench.trace.cycle import close_cycle
from pcpbench.trace.recording import load_recording

PAGE = (Path(__file__).parents[2] / "docs" / "traces.md").read_text()


@pytest.fixture(scope="module")
def recording():
    return load_recording("recordings/linux-5.10-pressure")


def listed(*numbers):
    return ", ".join(f"{number:,}" for number in numbers)


def test_the_table_of_the_shipped_recording_is_true(recording):
    calls = match_calls(recording)
    ops, cpus = Counter(calls.op), Counter(calls.cpu)
    orders = Counter(block.order for block in calls.blocks if block.alloc != NONE)
    # A failed allocation has a free of its own, which the recording has not.
    asked, frees = ops[ALLOC], ops[FREE] - calls.failed
    made = [cpus[cpu] for cpu in recording.cpus]
    before = sum(block.alloc == NONE for block in calls.blocks)
    for row in (
        f"| allocations, of which failed | {listed(asked, calls.failed)} |",
        f"| frees, by tasks or reclaim | {listed(frees)} |",
        f"| drains of all CPUs | {calls.drains} |",
        f"| calls of CPU 0, 1, 2, 3 | {listed(*made)} |",
        f"| allocations of order 0, 2, 3 | {listed(*(orders[o] for o in sorted(orders)))} |",
        f"| blocks in use before the recording and freed in it | {listed(before)} |",
        f"those that the recording names | {listed(close_cycle(recording).largest_pages())} |",
    ):
        assert row in PAGE, row


def test_the_number_of_added_calls_is_true(recording):
    cycle = close_cycle(recording)
    calls = len(cycle.op) - cycle.added
    assert f"{cycle.added} in the shipped recording, among {calls:,}" in PAGE
