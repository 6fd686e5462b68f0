"""Decides how long cells will take: from simulating a short piece of each here and now."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from pcpbench.plugin.events import Listeners
from pcpbench.plugin.registry import Registry
from pcpbench.runner.one_cell import SIMULATE, Simulate, result_of, simulation_named
from pcpbench.simulator.cell import Cell

PIECE = 0.05  # of a cell's simulated time
SHORTEST_NS = 1000
PATIENCE_S = 3.0  # the cells that are left then are taken to be like the others


def estimate_s(
    cells: Sequence[Cell], registry: Registry, *, simulate: str = SIMULATE
) -> tuple[float, ...]:
    """Seconds that each cell will take on this machine, roughly.

    What comes before the simulated time is measured apart, since it does not grow with it.
    """
    run_cell = simulation_named(simulate)
    registry = replace(registry, listeners=Listeners())  # these are no cells of a run
    began_s = time.perf_counter()
    known: list[float] = []
    for cell in cells:
        if known and time.perf_counter() - began_s > PATIENCE_S:
            break
        start_s = _took_s(_piece(cell, 0.0), registry, run_cell)
        piece_s = _took_s(_piece(cell, PIECE), registry, run_cell)
        known.append(start_s + max(0.0, piece_s - start_s) / PIECE)
    mean_s = fmean(known) if known else 0.0
    return (*known, *[mean_s] * (len(cells) - len(known)))


def _piece(cell: Cell, share: float) -> Cell:
    """The cell with this share of its times, but at least some."""
    warm_up_ns = max(SHORTEST_NS, int(cell.warm_up_ns * share))
    time_ns = max(SHORTEST_NS, int(cell.time_ns * share))
    return replace(cell, warm_up_ns=warm_up_ns, time_ns=time_ns)


def _took_s(cell: Cell, registry: Registry, run_cell: Simulate) -> float:
    began_s = time.perf_counter()
    result_of(cell, registry, run_cell)
    return time.perf_counter() - began_s
