"""Decides on which small machines, and beside which loads, the conformance kit runs a plugin."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import Any

from pcpbench.plugin.events import Listeners
from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.plugin.strategy import Strategy
from pcpbench.plugin.workload import Workload
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.run import run_cell
from pcpbench.simulator.watch import DrainRecord
from pcpbench.testing.loads import LOADS
from pcpbench.testing.outcome import ConformanceError

CPUS = 6
ISOLATED = 5
TIME_NS = 60_000_000


@cache
def built_in() -> Registry:
    """The built-ins, and the loads of the kit."""
    registry = load_registry()
    loads = {load.kind: load for load in LOADS}
    return dataclasses.replace(
        registry, workloads={**registry.workloads, **loads}, listeners=Listeners()
    )


def registry_with_strategy(strategy: type[Strategy]) -> Registry:
    """The built-ins and the strategy; its name may be one of theirs."""
    strategies = {**built_in().strategies, strategy.name: strategy}
    return dataclasses.replace(built_in(), strategies=strategies)


def registry_with_workload(workload: type[Workload]) -> Registry:
    """The built-ins and the workload; its kind may be one of theirs."""
    workloads = {**built_in().workloads, workload.kind: workload}
    return dataclasses.replace(built_in(), workloads=workloads)


def small_machine(**changes: Any) -> Machine:
    """Six CPUs, the last one isolated with nohz_full, 64 MiB."""
    values: dict[str, Any] = {
        "cpus": CPUS,
        "isolated": (ISOLATED,),
        "nohz_full": True,
        "isolcpus": True,
        "rcu_normal": False,
        "memory_bytes": 64 << 20,
        "page_bytes": 4096,
    }
    return Machine(**{**values, **changes})


def strategy_cell(
    strategy: type[Strategy],
    load: str,
    *,
    parameters: dict[str, Any] | None = None,
    victim: str = "isolated-loop",
    machine: Machine | None = None,
    **changes: Any,
) -> Cell:
    """A cell with the load on all housekeeping CPUs and the victim on the isolated one."""
    machine = machine or small_machine()
    busy = tuple(cpu for cpu in range(machine.cpus) if cpu not in machine.isolated)
    workloads = (
        WorkloadChoice(kind=load, cpus=busy, parameters=tuple(sorted((parameters or {}).items()))),
        WorkloadChoice(kind=victim, cpus=machine.isolated),
    )
    values: dict[str, Any] = {
        "hardware": "epyc-7742",
        "kernel": "v5.15",
        "machine": machine,
        "scenario": load,
        "workloads": workloads,
        "strategy": StrategyChoice(name=strategy.name, label=strategy.name),
        "seed": 1,
        "warm_up_ns": 0,
        "time_ns": TIME_NS + 2 * strategy().limbo_ns(),
    }
    return Cell(**{**values, **changes})


def run_watched(strategy: type[Strategy], cell: Cell) -> tuple[CellResult, list[DrainRecord]]:
    """Runs a cell that must not fail, and gives the records of its drains too."""
    records: list[DrainRecord] = []
    result = _run(cell, registry_with_strategy(strategy), records)
    return result, records


def _run(cell: Cell, registry: Registry, records: list[DrainRecord] | None) -> CellResult:
    try:
        result = run_cell(cell, registry, watched=records)
    except RuntimeError as error:
        raise ConformanceError(f"with the load '{cell.scenario}': {error}") from error
    if result.status != "ok":
        raise ConformanceError(f"with the load '{cell.scenario}': {result.error}")
    return result
