"""Running ahead is an optimisation: one step at a time in global order gives the same, bit for bit.

The random cells go over strategies, presets, profiles, page sizes, machines of one node or several
and workloads with their parameters; the number of a cell determines it.
"""

from __future__ import annotations

import dataclasses
import random
from array import array
from collections.abc import Sequence
from typing import Any

import pytest

from pcpbench.plugin import workload as operations
from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.run import run_cell
from pcpbench.strategies.workqueue import Workqueue

QUICK_CELLS = 240
FULL_CELLS = 4000
CHUNKS = 16
MIB = 1 << 20

# Parameters at which a few milliseconds of a small machine show what a workload does.
PARAMETERS: dict[str, dict[str, tuple[Any, ...]]] = {
    "memory-pressure": {
        "rate": (200_000.0, 1_000_000.0, 5_000_000.0),
        "working_set": (0.3, 0.9, 1.3, 3.0),
        "calm": (0, 500_000, 4_000_000),
        "burst": (300_000, 2_000_000),
        "burst_faults": (0.1, 0.4, 1.0),
        "churn_blocks": (8, 64, 512),
    },
    "isolated-loop": {
        "touch_every": (10_000, 50_000, 400_000),
        "pages": (1, 8, 100),
        "fifo": (False, True),
    },
    "repeat": {"rate": (100_000.0, 1_000_000.0, 5_000_000.0)},
    "page-fault": {"pages": (16, 300, 1024), "shared": (False, True)},
    "fork-exec": {"copied": (0, 40), "touched": (20, 120), "life": (0, 100_000)},
    "brk": {"step": (4, 64)},
    "bulk": {"order": (0, 0, 1, 3, 9), "most": (50, 2000)},
    "random-free": {"order": (0, 0, 2), "most": (50, 2000)},
    "thp": {"huge_pages": (1, 4), "clear": (100, 60_000), "fallback": (0.0, 0.5)},
    "producer-consumer": {"ring": (16, 512), "gap": (100, 500)},
    "network-receive": {"ring": (32, 512), "budget": (8, 64)},
    "contiguous": {"period": (1_000_000, 3_000_000), "pages": (64, 512)},
    "memory-offline": {"period": (1_000_000, 3_000_000), "pages": (64, 2048)},
    "trace": {},
    "any-operations": {},
}
# What serves two CPUs or more.
PAIRED = ("producer-consumer",)


class AnyOperations(Workload):
    """Operations in any order: CPUs go offline between their calls, lists off and on, drains of
    every kind come on top of each other. Each CPU has a table of its own."""

    kind = "any-operations"
    # Calls prevail, so that there is something to drain.
    kinds = (
        *[operations.ALLOC] * 12,
        *[operations.FREE] * 10,
        operations.PAUSE,
        operations.DRAIN,
        operations.DRAIN_ZONE,
        operations.LISTS_OFF,
        operations.LISTS_ON,
        operations.LRU_DRAIN,
        operations.LRU_DRAIN_FORCED,
        *[operations.CPU_OFF] * 2,
    )

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        return [self.table(context, cpu) for cpu in context.cpus]

    def table(self, context: WorkloadContext, cpu: int) -> OpStream:
        choose = random.Random(f"{context.seed} {cpu}")
        steps, slots = choose.choice((40, 200)), choose.choice((16, 64))

        def drawn(code: str, values: Sequence[int]) -> array[int]:
            return array(code, choose.choices(values, k=steps))

        return OpStream(
            cpu=cpu,
            op=drawn("B", self.kinds),
            order=drawn("B", (0, 0, 0, 0, 1, 2, 3, 4, 9)),
            migratetype=drawn("B", (0, 1, 1, 1, 2)),
            slot=drawn("I", range(slots)),
            gap_ns=drawn("I", (60, 400, 400, 3_000, 90_000)),
            slots=slots,
            slot_group=cpu,
        )


def with_any_operations() -> Registry:
    built_in = load_registry()
    workloads = {**built_in.workloads, AnyOperations.kind: AnyOperations}
    return dataclasses.replace(built_in, workloads=workloads)


def workload(choose: random.Random, kind: str, cpus: tuple[int, ...]) -> WorkloadChoice:
    drawn = {name: choose.choice(values) for name, values in PARAMETERS[kind].items()}
    kept = {name: value for name, value in drawn.items() if choose.random() < 0.7}
    return WorkloadChoice(kind=kind, cpus=cpus, parameters=tuple(sorted(kept.items())))


def random_cell(number: int, registry: Registry) -> Cell:
    """The cell of a number, of some milliseconds."""
    choose = random.Random(number)
    isolated = choose.choice((0, 1, 1, 2))
    busy = choose.choice((1, 2, 3, 5, 8))
    if choose.random() < 0.03:
        busy = 40
    cpus = busy + isolated
    kinds = [kind for kind in PARAMETERS if busy >= 2 or kind not in PAIRED]
    # Pressure brings drains, and is what the questions are about: half of the cells have it.
    kind = choose.choice(("memory-pressure", choose.choice((*kinds, *["any-operations"] * 3))))
    workloads = [workload(choose, kind, tuple(range(busy)))]
    if isolated:
        loop = choose.choice(("isolated-loop", "isolated-loop", "repeat"))
        workloads.append(workload(choose, loop, tuple(range(busy, cpus))))
    page_bytes = choose.choice((4096, 4096, 4096, 16384, 65536))
    nodes = choose.choice((1, 1, 2, 3, 4))
    nodes = min(nodes, cpus)  # every node has a CPU
    # What the recording holds needs more than the others.
    node_mib = choose.choice((512,) if kind == "trace" else (24, 32, 64)) * (page_bytes // 4096)
    strategy = choose.choice(sorted(registry.strategies))
    return Cell(
        hardware=choose.choice(sorted(registry.hardware)),
        kernel=choose.choice(sorted(registry.kernels)),
        machine=Machine(
            cpus=cpus,
            isolated=tuple(range(busy, cpus)),
            nohz_full=choose.random() < 0.7,
            isolcpus=True,
            rcu_normal=choose.random() < 0.2,
            memory_bytes=node_mib * nodes * MIB,
            page_bytes=page_bytes,
            nodes=nodes,
            runnable=choose.choice((1, 1, 1, 2, 5)),
            fifo_load=choose.choice((0.0, 0.0, 0.0, 0.1, 0.7)),
            fifo_run_ns=choose.choice((20_000, 300_000)),
        ),
        scenario="random",
        workloads=tuple(workloads),
        strategy=StrategyChoice(name=strategy, label=strategy),
        seed=choose.randrange(1 << 32),
        warm_up_ns=choose.choice((0, 300_000, 1_700_000)),
        time_ns=choose.choice((1_000_000, 3_000_000, 6_000_000)),
        drains_per_s=choose.choice((0.0, 0.0, 300.0, 5_000.0)),
    )


def everything(result: CellResult) -> tuple[Any, ...]:
    return (result.error, result.counters, result.histograms, result.metrics, result.null_reasons)


def check(numbers: range) -> None:
    registry = with_any_operations()
    for number in numbers:
        cell = random_cell(number, registry)
        ahead, steps = run_cell(cell, registry), run_cell(cell, registry, one_step=True)
        assert ahead.status == "ok", f"cell {number}: {ahead.error}"
        assert everything(ahead) == everything(steps), f"cell {number}: {cell}"


@pytest.mark.parametrize("chunk", range(4))
def test_running_ahead_gives_the_same_as_one_step_at_a_time(chunk):
    check(range(chunk, QUICK_CELLS, 4))


@pytest.mark.full
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_thousands_of_cells_run_ahead_as_they_run_step_by_step(chunk):
    check(range(QUICK_CELLS + chunk, QUICK_CELLS + FULL_CELLS, CHUNKS))


def test_random_cells_show_what_can_make_running_ahead_wrong():
    registry = with_any_operations()
    cells = [random_cell(number, registry) for number in range(QUICK_CELLS)]
    assert {cell.strategy.name for cell in cells} == set(registry.strategies)
    assert {cell.hardware for cell in cells} == set(registry.hardware)
    assert {cell.kernel for cell in cells} == set(registry.kernels)
    assert {cell.workloads[0].kind for cell in cells} >= set(PARAMETERS) - {"isolated-loop"}
    assert {cell.machine.nodes for cell in cells} == {1, 2, 3, 4}
    assert {cell.machine.page_bytes for cell in cells} == {4096, 16384, 65536}


class AsksEachTarget(Workqueue):
    """What workqueue was before its targets went without asking."""

    def on_target(self, t):
        yield t.drain_local()


def test_a_target_that_only_drains_gives_the_same_whether_python_is_asked_or_not():
    registry = with_any_operations()
    asking = dataclasses.replace(
        registry, strategies={**registry.strategies, "workqueue": AsksEachTarget}
    )
    compared = 0
    for number in range(QUICK_CELLS):
        cell = random_cell(number, registry)
        if cell.strategy.name != "workqueue":
            continue
        unasked, asked = run_cell(cell, registry), run_cell(cell, asking)
        assert everything(unasked) == everything(asked), f"cell {number}: {cell}"
        compared += asked.counters["drain_completed"] > 0
    assert compared > 3
