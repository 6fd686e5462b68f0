"""Decides how long reports, statistics and lists of runs take: of a thousand cells and runs.

    python -m benchmarks.answers

The cells are copies of one that was simulated, with metrics that vary as those of seeds do. Where a
user types a command its whole process is timed, the start of Python included.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks import engine
from pcpbench.plugin.registry import load_registry
from pcpbench.simulator.cell import Cell, CellResult, StrategyChoice
from pcpbench.simulator.run import run_cell
from pcpbench.statistics.compare import compare_cells
from pcpbench.store import Provenance, RunFile, RunHeader

CELLS, RUNS, COMPARISONS = 1000, 1000, 10_000
STRATEGIES = ("workqueue", "rcu-swap", "spinlock-trylock", "ipi", "qpw")
SEEDS = 10
PRIMARY = ("isolated.noise_ns_per_s", "alloc.latency_ns.p99", "throughput_pages_per_s")


def results(settings: int) -> list[CellResult]:
    """Cells of ``settings`` sweep points, five strategies and ten seeds."""
    generator = random.Random(1)
    registry = load_registry()
    first = engine.cell(
        cpus=12, isolated=4, kind="memory-pressure", time_ns=200_000_000, memory_bytes=64 << 20
    )
    measured = run_cell(first, registry)
    if measured.status != "ok":
        raise SystemExit(f"the cell failed: {measured.error}")
    return [
        _copy(measured, generator, point, label, seed)
        for seed in range(1, SEEDS + 1)
        for point in range(settings)
        for label in STRATEGIES
    ]


def _copy(
    measured: CellResult, generator: random.Random, point: int, label: str, seed: int
) -> CellResult:
    cell = replace(
        measured.cell,
        strategy=StrategyChoice(name=label, label=label),
        sweep=(("machine.cpus", point),),
        seed=seed,
    )
    metrics = {
        name: None if value is None else abs(value) * generator.lognormvariate(0, 0.02)
        for name, value in measured.metrics.items()
    }
    return replace(measured, cell=cell, metrics=metrics)


def write(path: Path, cells: list[CellResult]) -> None:
    """A run file with these results."""
    registry = load_registry()
    header = RunHeader(
        name="thousand",
        question="How long does it take?",
        experiment={"format": "pcpbench/1", "seed": 1, "replicates": SEEDS},
        baseline=STRATEGIES[0],
        primary=PRIMARY,
        margins={},
        engine="0" * 16,
        version="0",
    )
    plan: list[Cell] = [result.cell for result in cells]
    with RunFile.create(path, header, plan, Provenance(metrics=registry.metrics)) as run_file:
        # A sync for each cell would take longer than everything that is measured.
        run_file._connection.execute("PRAGMA synchronous = OFF")
        for result in cells:
            run_file.save(result)


def seconds(words: list[str]) -> float:
    """How long a command takes, best of three. Modules are compiled by the first of them, as they
    are by an installation."""
    command = [sys.executable, "-m", "pcpbench", *words]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with tempfile.TemporaryDirectory() as compiled:
        kept = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}

        def run() -> None:
            subprocess.run(command, check=True, env={**os.environ, **kept}, **silent)

        return best(run)


def best(what: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        what()
        times.append(time.perf_counter() - began)
    return min(times)


def measure() -> Iterator[tuple[str, float, str, float]]:
    """Name, value, unit, and what is wanted at most."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "thousand.sqlite"
        cells = results(CELLS // (len(STRATEGIES) * SEEDS))
        write(path, cells)
        yield "report of 1,000 cells", seconds(["report", str(path)]), "s", 2.0
        page = Path(folder) / "page.html"
        words = ["report", str(path), "--format", "html", "--output", str(page)]
        yield "HTML report of 1,000 cells", seconds(words), "s", 2.0
        yield "HTML report of 1,000 cells", page.stat().st_size / 1e6, "MB", 2.0
        many = Path(folder) / "runs"
        many.mkdir()
        small = many / "0.sqlite"
        write(small, cells[:20])
        for number in range(1, RUNS):
            shutil.copy(small, many / f"{number}.sqlite")
        yield "list of 1,000 runs", seconds(["runs", str(many)]), "s", 1.0
    metrics = load_registry().metrics
    pairs = len(metrics) * (len(STRATEGIES) - 1)
    wanted = results(-(-COMPARISONS // pairs))

    def compare() -> None:
        found = compare_cells(
            wanted, baseline=STRATEGIES[0], metrics=metrics, primary=PRIMARY, margins={}
        )
        assert len(found) >= COMPARISONS

    yield "statistics of 10,000 comparisons", best(compare), "s", 10.0


def main() -> None:
    for name, value, unit, most in measure():
        print(f"{name:34} {value:6.2f} {unit:2}  (wanted: at most {most:g})")


if __name__ == "__main__":
    main()
