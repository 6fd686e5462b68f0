"""Decides the course of a run: cells go out, results are kept as they come, Ctrl-C ends it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain

from pcpbench.errors import EnvironmentFailed, Interrupted
from pcpbench.plugin.registry import Registry
from pcpbench.runner.capacity import workers_for
from pcpbench.runner.one_cell import SIMULATE, result_of, simulation_named
from pcpbench.runner.progress import Progress
from pcpbench.runner.stages import stages_of
from pcpbench.runner.worker import Setup
from pcpbench.runner.workers import Workers
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.store import RunFile


def run_experiment(
    run_file: RunFile,
    *,
    registry: Registry,
    jobs: int | None = None,
    progress: Progress,
    simulate: str = SIMULATE,
) -> int:
    """Simulates the cells of the run file that have no result yet; returns how many failed.

    Where the experiment says until when replicates are wanted, its cells go out in stages, and no
    more are simulated once the intervals are narrow enough.

    ``jobs``: cells at once; None for as many as CPUs and memory allow, 1 for none but this
    process. Each result is on disk as soon as it is there. Raises Interrupted after Ctrl-C, when
    the workers are stopped, and EnvironmentFailed if a result cannot be kept, the memory does not
    suffice for one cell, or a worker cannot be started; both say what is kept.
    """
    workers = workers_for(run_file.pending(), jobs)
    setup = Setup(run_file.header.plugins, simulate)
    done = failures = 0
    stages = _told(stages_of(run_file, registry.metrics), workers, progress)
    try:
        with closing(_results(stages, workers, registry, setup)) as results:
            for result in results:
                if result is None:
                    progress.wait()
                    continue
                run_file.save(result)
                done += 1
                failures += result.status == "failed"
                progress.advance(done, failures)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {_kept(run_file)}") from None
    except EnvironmentFailed as error:
        raise EnvironmentFailed(f"{error}\n{_kept(run_file)}") from error
    finally:
        progress.end()
    return failures


def _told(
    stages: Iterator[Sequence[Cell]], workers: int, progress: Progress
) -> Iterator[Sequence[Cell]]:
    """The stages. The progress is told of the first at once, of each other when it begins."""
    first = next(stages, ())
    progress.begin(len(first), workers)

    def told() -> Iterator[Sequence[Cell]]:
        total = 0
        for cells in chain([first], stages):
            total += len(cells)
            progress.expect(total)
            yield cells

    return told()


def _results(
    stages: Iterable[Sequence[Cell]], workers: int, registry: Registry, setup: Setup
) -> Generator[CellResult | None, None, None]:
    """Results as they come. A stage is asked for when those before it have been taken."""
    if workers == 1:
        run_cell = simulation_named(setup.simulate)
        for cells in stages:
            for cell in cells:
                yield result_of(cell, registry, run_cell)
        return
    with Workers(workers, setup) as pool:
        for cells in stages:
            yield from pool.results(cells)


def _kept(run_file: RunFile) -> str:
    total = len(run_file.cells)
    kept = total - len(run_file.pending())
    return (
        f"{kept} of {total} cells are kept, `pcpbench report {run_file.path}` prints them, "
        f"`pcpbench run --resume {run_file.path}` goes on"
    )
