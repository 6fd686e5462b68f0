"""Decides which cells are simulated next: all of them, or the replicates up to the next look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pcpbench.simulator.cell import Cell
from pcpbench.statistics.course import course_of_run
from pcpbench.statistics.observation import JudgedMetric
from pcpbench.store import RunFile


def stages_of(run_file: RunFile, metrics: Mapping[str, JudgedMetric]) -> Iterator[Sequence[Cell]]:
    """The cells without a result, in groups; a group depends on the results of those before it,
    which must be in the file when it is asked for. None is empty."""
    planned = sum(not cell.study for cell in run_file.cells)
    while True:
        answering = [result for result in run_file.results() if not result.cell.study]
        course = course_of_run(answering, run_file.header, metrics, cells=planned)
        wanted = run_file.pending()
        if course is not None:
            last = run_file.header.experiment["seed"] + course.replicates - 1
            wanted = tuple(cell for cell in wanted if cell.seed <= last)
        if not wanted:
            return
        yield wanted
        if course is None:
            return
