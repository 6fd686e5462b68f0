"""A run of four cells, as the tests of this room write and read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.metrics.histogram import Histogram
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.interruptions import Interruption, Interruptions
from pcpbench.store import Provenance, RunHeader, Source

MACHINE = Machine(
    cpus=4,
    isolated=(2, 3),
    nohz_full=True,
    isolcpus=True,
    rcu_normal=False,
    memory_bytes=1 << 30,
    page_bytes=4096,
)
CELL = Cell(
    hardware="epyc-7742",
    kernel="v5.15",
    machine=MACHINE,
    scenario="generated",
    workloads=(WorkloadChoice(kind="repeat", cpus=(0, 1), parameters=(("gap_ns", 40),)),),
    strategy=StrategyChoice(name="rcu-swap", label="rcu-swap", parameters=(("expedited", True),)),
    sweep=(("machine.cpus", 4),),
    seed=7,
    warm_up_ns=1000,
    time_ns=2000,
    drains_per_s=1.5,
)
CELLS = tuple(replace(CELL, seed=seed) for seed in range(4))
HEADER = RunHeader(
    name="pressure",
    question="Is it quiet?",
    experiment={"name": "pressure", "replicates": 4},
    baseline="workqueue",
    primary=("drain.ipis",),
    margins={"drain.ipis": 0.5},
    engine="0123abcd",
    plugins=("/somewhere/mine.py",),
    environment={"host": "here"},
)
PROVENANCE = Provenance(
    sources=(
        Source(
            kind="hardware", name="epyc-7742", origin="built-in", digest="ab", content="name: x\n"
        ),
        Source(kind="plugin", name="mine", origin="mine 1.2", digest=""),
    ),
    metrics={metric.name: metric for metric in BUILT_IN},
)
MOMENTS = Interruptions(
    seen=((2, 3), (3, 1)),
    kept=(
        Interruption(2, 1_500_000, 650_000, "ipi", "drain"),
        Interruption(2, 1_900_000, 7_000_000, "kworker", "vmstat"),
        Interruption(3, 1_000_001, 1, "tick", "drain"),
    ),
)


def result_of(cell: Cell, **changes: object) -> CellResult:
    full = CellResult(
        cell=cell,
        status="ok",
        metrics={"drain.ipis": 3, "throughput": 0.25, "drain.latency_ns.p99": None},
        null_reasons={"drain.latency_ns.p99": "fewer than 30 samples"},
        counters={"drain_ipis": 3},
        histograms={"alloc.latency": Histogram.of([[1000, 2000], [3000]])},
        page_ops=10,
        pages_moved=12,
        simulated_ns=2000,
        wall_ns=5,
    )
    return replace(full, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a run is made of. ``result_of``: a result of a cell, with changes."""

    header: RunHeader = HEADER
    machine: Machine = MACHINE
    cell: Cell = CELL
    cells: tuple[Cell, ...] = CELLS
    provenance: Provenance = PROVENANCE
    moments: Interruptions = MOMENTS
    result_of: Callable[..., CellResult] = result_of


@pytest.fixture
def sample() -> Sample:
    return Sample()
