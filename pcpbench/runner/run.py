"""Decides the course of a run: cells go out, results are kept as they come, Ctrl-C ends it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing

from pcpbench.errors import Interrupted
from pcpbench.plugin.registry import Registry
from pcpbench.runner.capacity import workers_for
from pcpbench.runner.one_cell import SIMULATE, result_of, simulation_named
from pcpbench.runner.progress import Progress
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

    ``jobs``: cells at once; None for as many as CPUs and memory allow, 1 for none but this
    process. Each result is on disk as soon as it is there. Raises Interrupted after Ctrl-C, when
    the workers are stopped, and EnvironmentFailed if a result cannot be kept, the memory does not
    suffice for one cell, or a worker cannot be started.
    """
    pending = run_file.pending()
    workers = workers_for(pending, jobs)
    setup = Setup(run_file.header.plugins, simulate)
    done = failures = 0
    progress.begin(len(pending), workers)
    try:
        with closing(_results(pending, workers, registry, setup)) as results:
            for result in results:
                if result is None:
                    progress.wait()
                    continue
                run_file.save(result)
                done += 1
                failures += result.status == "failed"
                progress.advance(done, failures)
    except KeyboardInterrupt:
        raise _interrupted(run_file) from None
    finally:
        progress.end()
    return failures


def _results(
    cells: Sequence[Cell], workers: int, registry: Registry, setup: Setup
) -> Generator[CellResult | None, None, None]:
    if workers == 1:
        run_cell = simulation_named(setup.simulate)
        for cell in cells:
            yield result_of(cell, registry, run_cell)
        return
    with Workers(workers, setup) as pool:
        yield from pool.results(cells)


def _interrupted(run_file: RunFile) -> Interrupted:
    kept = len(run_file.results())
    total = len(run_file.cells)
    return Interrupted(
        f"interrupted; {kept} of {total} cells are kept, "
        f"`pcpbench report {run_file.path}` prints them"
    )
