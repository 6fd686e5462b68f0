"""Tests how the time of a run is judged beforehand."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from pcpbench.plugin.registry import Registry
from pcpbench.runner import estimate as estimating
from pcpbench.runner import estimate_s
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.store import RunFile


@pytest.fixture
def cells(new_run: Callable[..., RunFile]) -> tuple[Cell, ...]:
    with new_run(4) as run_file:
        return run_file.cells


def simulating(monkeypatch: pytest.MonkeyPatch, set_up_s: float, per_ns_s: float) -> list[Cell]:
    """A simulation that takes this long on a clock of its own; returns the cells it was given."""
    now_s = [0.0]
    given: list[Cell] = []

    def simulate(cell: Cell, registry: Registry) -> CellResult:
        given.append(cell)
        now_s[0] += set_up_s + per_ns_s * (cell.warm_up_ns + cell.time_ns)
        return CellResult(cell=cell, status="ok")

    monkeypatch.setattr(estimating, "simulation_named", lambda name: simulate)
    monkeypatch.setattr(time, "perf_counter", lambda: now_s[0])
    return given


def test_what_comes_before_the_simulated_time_is_not_multiplied(
    monkeypatch: pytest.MonkeyPatch, cells: tuple[Cell, ...]
) -> None:
    long = [estimating.replace(cell, time_ns=1_000_000_000) for cell in cells]
    simulating(monkeypatch, set_up_s=0.2, per_ns_s=1e-9)
    assert estimate_s(long, Registry()) == pytest.approx([1.2] * 4, rel=0.01)


def test_patience_is_limited_and_the_rest_is_taken_to_be_alike(
    monkeypatch: pytest.MonkeyPatch, cells: tuple[Cell, ...]
) -> None:
    given = simulating(monkeypatch, set_up_s=estimating.PATIENCE_S, per_ns_s=0.0)
    assert estimate_s(cells, Registry()) == pytest.approx([estimating.PATIENCE_S] * 4)
    assert len(given) == 2


def test_no_cells_take_no_time() -> None:
    assert estimate_s([], Registry()) == ()
