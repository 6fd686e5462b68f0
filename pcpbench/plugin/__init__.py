"""What plugins may rely on: these names keep their meaning (docs/plugins.md)."""

from pcpbench.plugin.drain import Drain, MachineFacts, Target
from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy
from pcpbench.plugin.workload import (
    ALLOC,
    CPU_OFF,
    DRAIN,
    DRAIN_ZONE,
    FREE,
    LISTS_OFF,
    LISTS_ON,
    LRU_DRAIN,
    LRU_DRAIN_FORCED,
    PAUSE,
    NativeStream,
    OpStream,
    Workload,
    WorkloadContext,
)

__all__ = [
    "ALLOC",
    "CPU_OFF",
    "DRAIN",
    "DRAIN_ZONE",
    "FREE",
    "LISTS_OFF",
    "LISTS_ON",
    "LRU_DRAIN",
    "LRU_DRAIN_FORCED",
    "PAUSE",
    "Drain",
    "DrainSteps",
    "ListAccess",
    "MachineFacts",
    "NativeStream",
    "OpStream",
    "Strategy",
    "Target",
    "Workload",
    "WorkloadContext",
    "hookimpl",
    "param",
]
