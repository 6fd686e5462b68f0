"""Measures what two workers reach together of what two independent processes reach."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Sequence

from benchmarks.engine import cell
from pcpbench.plugin.registry import load_registry
from pcpbench.runner.one_cell import Simulation
from pcpbench.runner.workers import Workers
from pcpbench.simulator.cell import Cell
from pcpbench.simulator.run import run_cell

CELLS = 10  # of each process


def cells(first_seed: int) -> list[Cell]:
    """Cells of about a third of a second."""
    one = cell(cpus=12, isolated=4, kind="memory-pressure")
    return [dataclasses.replace(one, seed=first_seed + number) for number in range(CELLS)]


def alone(first_seed: int) -> None:
    """What an independent process does: its cells, one after another."""
    registry = load_registry()
    for one in cells(first_seed):
        run_cell(one, registry)


def independent_s() -> float:
    """Seconds until two independent processes have simulated their cells, their start included."""
    program = "import sys; from benchmarks.workers import alone; alone(int(sys.argv[1]))"
    began = time.perf_counter()
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(seed)]) for seed in (1, 1 + CELLS)
    ]
    if any([process.wait() for process in processes]):
        raise SystemExit("an independent process failed")
    return time.perf_counter() - began


def together_s(all_cells: Sequence[Cell]) -> float:
    """Seconds until two workers have simulated the same cells, their start included."""
    began = time.perf_counter()
    with Workers(2, Simulation(())) as workers:
        failed = [r for r in workers.results(all_cells) if r is not None and r.status != "ok"]
    if failed:
        raise SystemExit(f"a cell failed: {failed[0].error}")
    return time.perf_counter() - began


def efficiency(repeat: int) -> float:
    """Throughput of two workers over that of two independent processes; the best of each."""
    alone_s = min(independent_s() for _ in range(repeat))
    return alone_s / min(together_s(cells(1) + cells(1 + CELLS)) for _ in range(repeat))
