"""Registers the built-in workloads through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.workload import Workload
from pcpbench.workloads.brk import Brk
from pcpbench.workloads.bulk import Bulk
from pcpbench.workloads.contiguous import Contiguous
from pcpbench.workloads.fork_exec import ForkExec
from pcpbench.workloads.isolated_loop import IsolatedLoop
from pcpbench.workloads.memory_offline import MemoryOffline
from pcpbench.workloads.memory_pressure import MemoryPressure
from pcpbench.workloads.network_receive import NetworkReceive
from pcpbench.workloads.page_fault import PageFault
from pcpbench.workloads.producer_consumer import ProducerConsumer
from pcpbench.workloads.random_free import RandomFree
from pcpbench.workloads.repeat import Repeat
from pcpbench.workloads.thp import Thp
from pcpbench.workloads.trace import TraceWorkload

BUILT_IN: Sequence[type[Workload]] = (
    MemoryPressure,
    IsolatedLoop,
    Repeat,
    TraceWorkload,
    PageFault,
    ForkExec,
    Brk,
    Bulk,
    RandomFree,
    Thp,
    ProducerConsumer,
    NetworkReceive,
    Contiguous,
    MemoryOffline,
)


@hookimpl
def pcpbench_workloads() -> Sequence[type[Workload]]:
    return BUILT_IN
