"""The workload keeps every rule of the conformance kit."""

import pytest
from pcpbench_bursts import Bursts

from pcpbench.plugin import ALLOC, WorkloadContext
from pcpbench.testing import WORKLOAD_CHECKS


@pytest.mark.parametrize("check", WORKLOAD_CHECKS, ids=str)
def test_it_keeps_the_rule(check):
    check(Bursts)


def test_the_mean_size_of_a_burst_is_as_asked():
    context = WorkloadContext(
        cpus=tuple(range(20)),
        managed_pages=1 << 20,
        page_bytes=4096,
        housekeeping_cpus=20,
        seed=7,
        time_ns=10**9,
    )
    streams = Bursts(pages=32).streams(context)
    allocations = sum(int((stream.op == ALLOC).sum()) for stream in streams)
    # 2,000 geometric sizes of mean 32 have a mean within 2.2 of it with probability 0.998.
    assert abs(allocations / 2_000 - 32) < 2.2
