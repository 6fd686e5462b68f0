"""Replicates go out up to the next look, and no further once the intervals are narrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pcpbench.errors import Interrupted
from pcpbench.plugin.registry import Registry
from pcpbench.runner import run_experiment
from pcpbench.simulator.cell import Cell, Machine, StrategyChoice
from pcpbench.store import RunFile, RunHeader

MOST = 40
MACHINE = Machine(
    cpus=2,
    isolated=(1,),
    nohz_full=True,
    isolcpus=True,
    rcu_normal=False,
    memory_bytes=1 << 20,
    page_bytes=4096,
)
SIMULATIONS = """
import random
from pcpbench.simulator.cell import CellResult

def spread(cell, deviation):
    generator = random.Random(f"{cell.seed} {cell.strategy.label}")
    noise = 100 + deviation * generator.gauss(0, 1)
    return CellResult(cell=cell, status="ok", metrics={"noise": noise})

def narrow(cell, registry):
    return spread(cell, 0.01)

def wide(cell, registry):
    return spread(cell, 50)

def interrupted(cell, registry):
    if cell.seed == 13:
        raise KeyboardInterrupt
    return spread(cell, 3)

def middling(cell, registry):
    return spread(cell, 3)
"""


@pytest.fixture
def registry() -> Any:
    metric = SimpleNamespace(name="noise", scale="difference", better="lower", margin=1.0)
    return Registry(metrics={"noise": metric})


@pytest.fixture(autouse=True)
def looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module ``looking`` with the simulations above."""
    (tmp_path / "looking.py").write_text(SIMULATIONS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "looking", raising=False)


def cell(seed: int, label: str) -> Cell:
    return Cell(
        hardware="h",
        kernel="k",
        machine=MACHINE,
        scenario="s",
        workloads=(),
        strategy=StrategyChoice(name=label, label=label),
        seed=seed,
        warm_up_ns=0,
        time_ns=1,
    )


@pytest.fixture
def until_run(tmp_path: Path) -> Callable[..., RunFile]:
    """A run of two strategies whose intervals are to be at most 5 % wide."""

    def make(name: str = "run.sqlite", study: bool = False) -> RunFile:
        until = {"least": 10, "most": MOST, "ci_width": 0.05}
        header = RunHeader(
            name="n",
            question="q",
            experiment={"seed": 1, "replicates": MOST, "until": until},
            baseline="old",
            primary=("noise",),
            margins={},
            engine="e",
        )
        cells = [cell(1 + i, label) for i in range(MOST) for label in ("old", "new")]
        extra = [replace(c, study="another") for c in cells[:2]] if study else []
        return RunFile.create(tmp_path / name, header, [*cells, *extra])

    return make


def seeds_of(run_file: RunFile) -> list[int]:
    return sorted({result.cell.seed for result in run_file.results()})


def run(run_file: RunFile, simulation: str, registry: Any, progress: Any) -> None:
    run_experiment(
        run_file,
        registry=registry,
        jobs=1,
        progress=progress,
        simulate=f"looking:{simulation}",
    )


def test_narrow_intervals_end_a_run_at_the_first_look(
    until_run: Callable[..., RunFile], registry: Any, recorded: Any
) -> None:
    with until_run() as run_file:
        run(run_file, "narrow", registry, recorded)
        assert seeds_of(run_file) == list(range(1, 11))
    assert recorded.events[0] == ("begin", 20, 1)


def test_wide_intervals_take_all_replicates(
    until_run: Callable[..., RunFile], registry: Any, recorded: Any
) -> None:
    with until_run() as run_file:
        run(run_file, "wide", registry, recorded)
        assert seeds_of(run_file) == list(range(1, MOST + 1))
    assert recorded.events[0] == ("begin", 20, 1)
    expected = [event[1] for event in recorded.events if event[0] == "expect"]
    assert expected == [28, 40, 56, 80]


def test_a_run_that_is_resumed_ends_where_an_uninterrupted_one_does(
    until_run: Callable[..., RunFile], registry: Any, recorded: Any
) -> None:
    with until_run("whole.sqlite") as whole:
        run(whole, "middling", registry, recorded)
        ended = seeds_of(whole)
    assert 13 < ended[-1] < MOST
    with until_run() as run_file:
        with pytest.raises(Interrupted):
            run(run_file, "interrupted", registry, recorded)
        assert seeds_of(run_file)[-1] < ended[-1]
        run(run_file, "middling", registry, recorded)
        assert seeds_of(run_file) == ended
        run(run_file, "middling", registry, recorded)
        assert seeds_of(run_file) == ended


def test_cells_of_a_study_are_simulated_and_do_not_count_as_replicates(
    until_run: Callable[..., RunFile], registry: Any, recorded: Any
) -> None:
    with until_run(study=True) as run_file:
        run(run_file, "narrow", registry, recorded)
        results = run_file.results()
    assert sum(bool(result.cell.study) for result in results) == 2
    assert len(results) == 22
