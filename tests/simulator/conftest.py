"""Small cells, and a workload whose task never leaves user mode."""

from __future__ import annotations

import array
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pcpbench.plugin.parameters import param
from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.plugin.strategy import Strategy
from pcpbench.plugin.workload import ALLOC, PAUSE, OpStream, Workload, WorkloadContext
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.run import run_cell


class UserLoop(Workload):
    """Touches some pages at 31 ms, which fills its lists, and polls in user mode ever after."""

    kind = "user-loop"
    fifo: bool = param(False)

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        pages = 8
        return [
            OpStream(
                cpu=cpu,
                op=array.array("B", [PAUSE, *[ALLOC] * pages, PAUSE]),
                order=array.array("B", [0] * (pages + 2)),
                migratetype=array.array("B", [1] * (pages + 2)),
                slot=array.array("I", [0, *range(pages), 0]),
                gap_ns=array.array("I", [31_000_000, *[500] * pages, 4_000_000_000]),
                slots=pages,
                slot_group=cpu,
                fifo=self.fifo,
            )
            for cpu in context.cpus
        ]


class Filler(Workload):
    """Allocates one page a microsecond, frees none: after a while every allocation fails."""

    kind = "filler"

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        blocks = context.managed_pages
        return [
            OpStream(
                cpu=cpu,
                op=array.array("B", [ALLOC] * blocks),
                order=array.array("B", [0] * blocks),
                migratetype=array.array("B", [1] * blocks),
                slot=array.array("I", range(blocks)),
                gap_ns=array.array("I", [1000] * blocks),
                slots=blocks,
                slot_group=cpu,
            )
            for cpu in context.cpus
        ]


@pytest.fixture(scope="session")
def registry() -> Registry:
    built_in = load_registry()
    more = {workload.kind: workload for workload in (UserLoop, Filler)}
    return dataclasses.replace(built_in, workloads={**built_in.workloads, **more})


@pytest.fixture(scope="session")
def with_strategy(registry: Registry) -> Callable[[type[Strategy]], Registry]:
    """The registry with one more strategy."""

    def extend(strategy: type[Strategy]) -> Registry:
        strategies = {**registry.strategies, strategy.name: strategy}
        return dataclasses.replace(registry, strategies=strategies)

    return extend


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., Cell]:
    """A cell of 4 CPUs, the last isolated, 64 MiB; pressure on the others, a polling loop."""

    def make(
        strategy: str = "workqueue",
        *,
        victim: str = "user-loop",
        parameters: dict[str, Any] | None = None,
        busy: str = "memory-pressure",
        busy_parameters: dict[str, Any] | None = None,
        victim_parameters: dict[str, Any] | None = None,
        machine: dict[str, Any] | None = None,
        **changes: Any,
    ) -> Cell:
        def pairs(values: dict[str, Any] | None) -> tuple[tuple[str, Any], ...]:
            return tuple(sorted((values or {}).items()))

        default = {
            "cpus": 4,
            "isolated": (3,),
            "nohz_full": True,
            "isolcpus": True,
            "rcu_normal": False,
            "memory_bytes": 64 << 20,
            "page_bytes": 4096,
        }
        return Cell(
            **{
                "hardware": "epyc-7742",
                "kernel": "v5.15",
                "machine": Machine(**{**default, **(machine or {})}),
                "scenario": "test",
                "workloads": (
                    WorkloadChoice(kind=busy, cpus=(0, 1, 2), parameters=pairs(busy_parameters)),
                    WorkloadChoice(kind=victim, cpus=(3,), parameters=pairs(victim_parameters)),
                ),
                "strategy": StrategyChoice(
                    name=strategy, label=strategy, parameters=pairs(parameters)
                ),
                "seed": 1,
                "warm_up_ns": 20_000_000,
                "time_ns": 200_000_000,
                "drains_per_s": 200.0,
                **changes,
            }
        )

    return make


@pytest.fixture(scope="session")
def run(registry: Registry) -> Callable[[Cell], CellResult]:
    """Runs a cell that must not fail."""

    def run_it(cell: Cell) -> CellResult:
        result = run_cell(cell, registry)
        assert result.status == "ok", result.error
        return result

    return run_it
