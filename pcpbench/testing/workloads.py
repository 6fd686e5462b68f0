"""Decides which rules a workload must keep, and checks them."""

from __future__ import annotations

import inspect
from typing import Any

from pcpbench.plugin.workload import NativeStream, OpStream, Workload, WorkloadContext
from pcpbench.simulator.cell import Cell, CellResult, StrategyChoice, WorkloadChoice
from pcpbench.simulator.engine_config import managed_pages
from pcpbench.simulator.run import run_cell
from pcpbench.testing.cells import CPUS, registry_with_workload, small_machine
from pcpbench.testing.outcome import Check, Outcome, require

TIME_NS = 100_000_000
MEMORY_BYTES = 256 << 20


def check_workload(workload: type[Workload]) -> list[Outcome]:
    """Runs every check on a workload with its default parameters."""
    return [check.outcome(workload) for check in WORKLOAD_CHECKS]


def _cell(workload: type[Workload], cpus: tuple[int, ...]) -> Cell:
    return Cell(
        hardware="epyc-7742",
        kernel="v5.15",
        machine=small_machine(memory_bytes=MEMORY_BYTES),
        scenario=workload.kind,
        workloads=(WorkloadChoice(kind=workload.kind, cpus=cpus),),
        strategy=StrategyChoice(name="workqueue", label="workqueue"),
        seed=1,
        warm_up_ns=0,
        time_ns=TIME_NS,
        drains_per_s=200.0,
    )


def _run(workload: type[Workload], cell: Cell, **options: Any) -> CellResult:
    result = run_cell(cell, registry_with_workload(workload), **options)
    require(result.status == "ok", str(result.error))
    return result


def _declares(workload: type[Workload]) -> None:
    name = workload.__name__
    for attribute in ("summary", "source", "seed_varies"):
        require(bool(getattr(workload, attribute)), f"{name}.{attribute} is empty; say it")
    require(bool(inspect.getdoc(workload)), f"{name} has no docstring; say what it models")


def _context(cpus: tuple[int, ...], seed: int) -> WorkloadContext:
    machine = small_machine(memory_bytes=MEMORY_BYTES)
    return WorkloadContext(
        cpus=cpus,
        managed_pages=managed_pages(machine),
        page_bytes=machine.page_bytes,
        housekeeping_cpus=machine.cpus - len(machine.isolated),
        seed=seed,
        time_ns=TIME_NS,
    )


def _streams(workload: type[Workload]) -> None:
    for cpus in ((0,), (2, 3), tuple(range(CPUS))):
        streams = list(workload().streams(_context(cpus, 1)))
        require(bool(streams), f"no stream for the CPUs {cpus}; give one to each")
        kinds = {type(stream) for stream in streams}
        require(kinds <= {NativeStream, OpStream}, "streams are NativeStream or OpStream objects")
        driven = [stream.cpu for stream in streams]
        require(set(driven) <= set(cpus), f"drives CPUs {driven}, was given {cpus}")
        require(len(set(driven)) == len(driven), "a CPU got two streams")


def _calls(workload: type[Workload]) -> None:
    for cpus in ((1,), (0, 1, 2, 3, 4)):
        result = _run(workload, _cell(workload, cpus))
        require(result.page_ops > 0, f"no page call in {TIME_NS / 1e6:g} ms on the CPUs {cpus}")
        failures = result.counters["alloc_failures"]
        require(
            failures * 10 <= result.counters["alloc_calls"],
            f"{failures} allocations failed on 256 MiB: the memory it wants must depend on "
            "context.managed_pages",
        )


def _deterministic(workload: type[Workload]) -> None:
    cell = _cell(workload, (0, 1, 2))
    first = _run(workload, cell)
    again = _run(workload, cell)
    require(
        (first.counters, first.histograms) == (again.counters, again.histograms),
        "the same cell gave other numbers; draw every random number from context.seed",
    )
    step = _run(workload, cell, one_step=True)
    require(
        (first.counters, first.histograms) == (step.counters, step.histograms),
        "one step at a time gave other numbers",
    )
    one, other = (_contents(workload, seed) for seed in (1, 2))
    require(one != other, "another seed gives the same streams: replicates would be copies")


def _contents(workload: type[Workload], seed: int) -> list[Any]:
    """What the streams of a seed hold; native streams draw from the seed by themselves."""
    contents: list[Any] = []
    for stream in workload().streams(_context((0, 1, 2), seed)):
        if isinstance(stream, NativeStream):
            return [seed]
        columns = (stream.op, stream.order, stream.migratetype, stream.slot, stream.gap_ns)
        preload = [tuple(block) for block in stream.preload]
        contents.append((*map(bytes, columns), stream.start, preload))
    return contents


WORKLOAD_CHECKS: tuple[Check, ...] = (
    Check("declared", "it says what it models and what a seed varies", _declares),
    Check("streams", "each of its CPUs gets one stream at most, others none", _streams),
    Check("calls", "it makes page calls, and the memory it wants is there", _calls),
    Check("deterministic", "equal seeds give equal numbers, others other streams", _deterministic),
)
