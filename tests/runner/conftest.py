"""Cells, and simulations that stand in for the real one, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pcpbench.runner.progress import SilentProgress
from pcpbench.simulator.cell import Cell, Machine, StrategyChoice
from pcpbench.store import RunFile, RunHeader

# What a cell does is its seed's business: the workers, other processes, see nothing else.
SIMULATIONS = """
import os, signal, sys, time
from pcpbench.simulator.cell import CellResult

def good(cell, registry):
    print("noise on stdout")
    return CellResult(cell=cell, status="ok", metrics={"seed": cell.seed, "pid": 0},
                      counters={"strategies": len(registry.strategies)}, page_ops=cell.seed)

def slow(cell, registry):
    time.sleep(60)
    return good(cell, registry)

def slow_after_two(cell, registry):
    return good(cell, registry) if cell.seed < 2 else slow(cell, registry)

def large_after_two(cell, registry):
    # Cells 2 and 3 wait, so that two results are kept before one does not fit.
    time.sleep(0.5 * (cell.seed > 1))
    noise = "".join(map(str, range(50_000 * (cell.seed > 1))))
    return CellResult(cell=cell, status="ok", metrics={"seed": cell.seed}, error=noise)

def killed(cell, registry):
    if cell.seed == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return good(cell, registry)

def leaving(cell, registry):
    if cell.seed == 1:
        os._exit(7)
    return good(cell, registry)

def raising(cell, registry):
    if cell.seed == 1:
        raise RuntimeError("the drain never ended")
    return good(cell, registry)

def hungry(cell, registry):
    if cell.seed == 1:
        raise MemoryError
    return good(cell, registry)

def not_finite(cell, registry):
    if cell.seed == 1:
        return CellResult(cell=cell, status="ok", metrics={"noise": float("nan")})
    return good(cell, registry)

def interrupted(cell, registry):
    if cell.seed == 2:
        raise KeyboardInterrupt
    return good(cell, registry)

def whose_plugin(cell, registry):
    found = "guest" in registry.strategies
    return CellResult(cell=cell, status="ok", metrics={"guest": int(found)})
"""

MACHINE = Machine(
    cpus=2,
    isolated=(1,),
    nohz_full=True,
    isolcpus=True,
    rcu_normal=False,
    memory_bytes=1 << 20,
    page_bytes=4096,
)


def cell(seed: int) -> Cell:
    return Cell(
        hardware="h",
        kernel="k",
        machine=MACHINE,
        scenario="s",
        workloads=(),
        strategy=StrategyChoice(name="workqueue", label="workqueue"),
        seed=seed,
        warm_up_ns=0,
        time_ns=1,
    )


@pytest.fixture(autouse=True)
def simulations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module ``stand_in`` that this process and the workers can import."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "stand_in.py").write_text(SIMULATIONS)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(__import__("sys").modules, "stand_in", raising=False)


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., RunFile]:
    """Makes a run file with cells of the seeds 0, 1, ..."""

    def make(cells: int, *, plugins: tuple[str, ...] = (), name: str = "run.sqlite") -> RunFile:
        header = RunHeader(
            name="n",
            question="q",
            experiment={},
            baseline="workqueue",
            primary=(),
            margins={},
            engine="e",
            plugins=plugins,
        )
        return RunFile.create(tmp_path / name, header, [cell(seed) for seed in range(cells)])

    return make


class Recorded(SilentProgress):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []
        self.expected = 0

    def begin(self, cells: int, workers: int) -> None:
        self.events.append(("begin", cells, workers))
        self.expected = cells

    def expect(self, cells: int) -> None:
        if cells != self.expected:
            self.events.append(("expect", cells))
        self.expected = cells

    def advance(self, done: int, failed: int) -> None:
        self.events.append(("advance", done, failed))

    def end(self) -> None:
        self.events.append(("end",))


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()
