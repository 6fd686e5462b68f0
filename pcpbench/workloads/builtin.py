"""Registers the built-in workloads through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.workload import Workload
from pcpbench.workloads.isolated_loop import IsolatedLoop
from pcpbench.workloads.memory_pressure import MemoryPressure
from pcpbench.workloads.repeat import Repeat
from pcpbench.workloads.trace import TraceWorkload


@hookimpl
def pcpbench_workloads() -> Sequence[type[Workload]]:
    return (MemoryPressure, IsolatedLoop, Repeat, TraceWorkload)
