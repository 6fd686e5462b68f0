"""What plugins may rely on: these names keep their meaning (docs/plugins.md)."""

from pcpbench.plugin.drain import Drain, MachineFacts, Target
from pcpbench.plugin.events import CellFacts, DrainFacts, ResultFacts
from pcpbench.plugin.executor import Executor, Work
from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.parameters import param
from pcpbench.plugin.reports import ReportFormat, ReportSection, Wishes
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists
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
    "CellFacts",
    "Drain",
    "DrainFacts",
    "DrainSteps",
    "Executor",
    "ListAccess",
    "MachineFacts",
    "NativeStream",
    "OpStream",
    "ReportFormat",
    "ReportSection",
    "ResultFacts",
    "Strategy",
    "Target",
    "Wishes",
    "Work",
    "Workload",
    "WorkloadContext",
    "drain_own_lists",
    "hookimpl",
    "param",
]
