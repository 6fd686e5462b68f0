"""Decides how cells reach worker processes, and what the death of one means."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from pcpbench.errors import EnvironmentFailed
from pcpbench.plugin.executor import Simulate
from pcpbench.runner.one_cell import failed
from pcpbench.runner.worker import PROGRAM, READY
from pcpbench.simulator.cell import Cell, CellResult

LOOK_EVERY_S = 1.0
DIES_WITHIN_S = 5.0


class _Worker:
    """A process and the cell it has. ``ready``: it has loaded its plugins."""

    def __init__(self, simulate: Simulate) -> None:
        self.pipe, theirs = Pipe()
        self.cell: Cell | None = None
        self.ready = False
        paths = [path or os.getcwd() for path in sys.path]
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", PROGRAM, str(theirs.fileno())],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=sys.__stderr__,
                # A group of its own: Ctrl-C reaches the parent only, which stops the workers.
                process_group=0,
            )
        self.send(simulate)

    def give(self, cell: Cell) -> None:
        self.cell = cell
        self.send(cell)

    def send(self, message: Simulate | Cell) -> None:
        # If it died, the end of its pipe, which is read next, says so.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(message)

    def stop(self) -> None:
        self.pipe.close()
        self.process.kill()  # it holds nothing that must be put in order
        self.process.wait()


class Workers:
    """A fixed number of worker processes; one that dies is replaced."""

    def __init__(self, count: int, simulate: Simulate) -> None:
        self._simulate = simulate
        self._count = count
        self._workers: list[_Worker] = []

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.stop()

    def results(self, cells: Sequence[Cell]) -> Generator[CellResult | None, None, None]:
        """The result of each cell, in the order in which they end; None now and then while none
        ends. Raises EnvironmentFailed if a worker cannot be started."""
        waiting = deque(cells)
        left = len(waiting)
        while left:
            self._supply(waiting)
            busy: dict[Connection, _Worker] = {w.pipe: w for w in self._workers}
            heard = wait(list(busy), timeout=LOOK_EVERY_S)
            answers = [self._hear(busy[pipe]) for pipe in heard if isinstance(pipe, Connection)]
            # Before the answers are handed out: nobody idles while they are put on disk.
            self._supply(waiting)
            ended = [answer for answer in answers if answer is not None]
            left -= len(ended)
            if ended:
                yield from ended
            else:
                yield None

    def _supply(self, waiting: deque[Cell]) -> None:
        """Gives each worker that has none a cell, and starts those that are missing."""
        while len(self._workers) < min(self._count, len(waiting) + self._busy()):
            self._workers.append(_Worker(self._simulate))
        for worker in self._workers:
            if waiting and worker.cell is None:
                worker.give(waiting.popleft())

    def _busy(self) -> int:
        return sum(worker.cell is not None for worker in self._workers)

    def _hear(self, worker: _Worker) -> CellResult | None:
        """What a worker says: its cell's result, a failed one if it died, None for READY."""
        try:
            message = worker.pipe.recv()
        except (EOFError, ConnectionResetError):
            return self._death(worker)
        if message == READY:
            worker.ready = True
            return None
        worker.cell = None
        result: CellResult = message
        return result

    def _death(self, worker: _Worker) -> CellResult | None:
        try:
            code = worker.process.wait(DIES_WITHIN_S)
        except subprocess.TimeoutExpired:
            code = None
        self._workers.remove(worker)
        worker.stop()
        if not worker.ready:
            raise EnvironmentFailed(
                f"a worker process cannot be started: it {_how(code)}; --jobs 1 needs none"
            )
        cell, worker.cell = worker.cell, None
        return None if cell is None else failed(cell, f"the process that simulated it {_how(code)}")


def _how(code: int | None) -> str:
    if code is None:
        return "closed its pipe"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = ", perhaps because memory ran out; use fewer --jobs" if -code == signal.SIGKILL else ""
    return f"was ended by {name}{hint}"
