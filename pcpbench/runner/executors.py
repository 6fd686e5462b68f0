"""Decides which executors come with pcpbench: worker processes, and this process alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pcpbench.plugin.executor import Executor, Work
from pcpbench.runner.workers import Workers
from pcpbench.simulator.cell import Cell, CellResult


class Processes(Executor):
    """Worker processes on this machine, as many as ``--jobs``, CPUs and memory allow.

    One that dies fails its cell and is replaced.
    """

    name = "processes"
    summary = "worker processes on this machine"

    def results(self, batches: Iterable[Sequence[Cell]], work: Work) -> Iterator[CellResult | None]:
        with Workers(work.at_once, work.simulate) as pool:
            for cells in batches:
                yield from pool.results(cells)


class Here(Executor):
    """This process, one cell after the other: for debuggers, and where no process may start."""

    name = "here"
    summary = "this process, one cell after the other"

    def results(self, batches: Iterable[Sequence[Cell]], work: Work) -> Iterator[CellResult | None]:
        for cells in batches:
            for cell in cells:
                yield work.simulate(cell)


def usual(at_once: int) -> Executor:
    """The executor where none is named: processes, unless there would be one only."""
    return Here() if at_once == 1 else Processes()
