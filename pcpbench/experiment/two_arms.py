"""Decides which cells compare a strategy with itself, and which show how long it settles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pcpbench.simulator.cell import Cell, StrategyChoice

STUDY = "warm-up"
WINDOWS = 16
SETTLING_SEEDS = 3


def arm_labels(strategy: str) -> tuple[str, str]:
    """What the two arms are called."""
    return f"{strategy} (A)", f"{strategy} (B)"


def arm_cells(cells: Iterable[Cell], *, strategy: str, replicates: int) -> Iterator[Cell]:
    """Two arms of a strategy's cells, with independent seeds: those of the second begin where the
    first's end. ``cells``: all of an experiment with so many replicates."""
    one, two = arm_labels(strategy)
    own = [cell for cell in cells if cell.strategy.label == strategy and not cell.study]
    for cell in own:
        yield replace(cell, strategy=_labelled(cell.strategy, one))
        yield replace(cell, strategy=_labelled(cell.strategy, two), seed=cell.seed + replicates)


def _labelled(strategy: StrategyChoice, label: str) -> StrategyChoice:
    return replace(strategy, label=label)


def window_ns(cell: Cell) -> int:
    """Length of a window of the settling: a part of all that is simulated, warm-up included."""
    return max(1, (cell.warm_up_ns + cell.time_ns) // WINDOWS)


def settling_cells(cells: Iterable[Cell], *, first_seed: int) -> Iterator[Cell]:
    """The cells of an arm once more, window after window from the first instant, with the first
    seeds only. A window's cell simulates all that comes before it and does not measure it."""
    for cell in cells:
        if cell.seed >= first_seed + SETTLING_SEEDS:
            continue
        step = window_ns(cell)
        for window in range(WINDOWS):
            yield replace(cell, study=STUDY, warm_up_ns=window * step, time_ns=step)
