"""Decides the course of a run: cells go out, results are kept as they come, Ctrl-C ends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

from pcpbench.errors import EnvironmentFailed, Interrupted
from pcpbench.plugin.executor import Executor, Work
from pcpbench.plugin.registry import Registry
from pcpbench.runner.capacity import workers_for
from pcpbench.runner.carried_out import carried_out
from pcpbench.runner.executors import usual
from pcpbench.runner.one_cell import SIMULATE, Simulation
from pcpbench.runner.progress import Progress
from pcpbench.runner.stages import stages_of
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.store import RunFile


def run_experiment(
    run_file: RunFile,
    *,
    registry: Registry,
    jobs: int | None = None,
    progress: Progress,
    simulate: str = SIMULATE,
    executor: Executor | None = None,
) -> int:
    """Simulates the cells of the run file that have no result yet; returns how many failed.

    Where the experiment says until when replicates are wanted, its cells go out in stages, and no
    more are simulated once the intervals are narrow enough.

    ``jobs``: cells at once; None for as many as CPUs and memory allow, 1 for none but this
    process. ``executor``: carries them out, None for the usual one. Each result is on disk as soon
    as it is there. Raises Interrupted after Ctrl-C, when the executor is stopped, and
    EnvironmentFailed if a result cannot be kept, the memory does not suffice for one cell, or the
    executor fails; both say what is kept.
    """
    pending = run_file.pending()
    workers = workers_for(pending, jobs) if executor is None or executor.local else jobs or 1
    simulation = Simulation(run_file.header.plugins, simulate, registry)
    session = _Session(run_file, registry, progress)
    session.tell("experiment_began", cells=pending)
    try:
        session.carry_out(executor or usual(workers), Work(simulate=simulation, at_once=workers))
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; {_kept(run_file)}") from None
    except EnvironmentFailed as error:
        raise EnvironmentFailed(f"{error}\n{_kept(run_file)}") from error
    finally:
        progress.end()
        session.tell(
            "experiment_ended",
            done=session.done,
            failed=session.failures,
            interrupted=not session.whole,
        )
    return session.failures


@dataclass(slots=True)
class _Session:
    """One command that works on a run. ``whole``: it ended with nothing left to do."""

    run_file: RunFile
    registry: Registry
    progress: Progress
    done: int = 0
    failures: int = 0
    whole: bool = False

    def carry_out(self, executor: Executor, work: Work) -> None:
        """Has the cells simulated, and keeps each result."""
        stages = stages_of(self.run_file, self.registry.metrics)
        batches = _told(stages, work.at_once, self.progress)
        with closing(carried_out(executor, batches, work)) as results:
            for result in results:
                if result is None:
                    self.progress.wait()
                else:
                    self._keep(result)
        self.whole = True

    def _keep(self, result: CellResult) -> None:
        self.run_file.save(result)
        self.done += 1
        self.failures += result.status == "failed"
        self.progress.advance(self.done, self.failures)
        self.registry.listeners.tell(
            "cell_ended", f"of seed {result.cell.seed}", result=result, path=self.run_file.path
        )

    def tell(self, event: str, **facts: object) -> None:
        """Tells those who listen of the run as a whole."""
        name, path = self.run_file.header.name, self.run_file.path
        self.registry.listeners.tell(event, name=name, path=path, **facts)


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


def _kept(run_file: RunFile) -> str:
    total = len(run_file.cells)
    kept = total - len(run_file.pending())
    return (
        f"{kept} of {total} cells are kept, `pcpbench report {run_file.path}` prints them, "
        f"`pcpbench run --resume {run_file.path}` goes on"
    )
