"""Decides what a worker process does: loads its plugins once, then simulates cell after cell.

Started as a process with one end of a pipe, a file descriptor. The parent sends the function that
simulates, then cells; the worker answers ``READY``, then results. At the end of the pipe, also
when the parent was killed, it ends.
"""

from __future__ import annotations

import sys
from multiprocessing.connection import Connection

from pcpbench.plugin.executor import Simulate

READY = "ready"
PROGRAM = "from pcpbench.runner.worker import main; main()"


def serve(pipe: Connection) -> None:
    """Answers the parent until it hangs up."""
    try:
        simulate: Simulate = pipe.recv()
        simulate.load()
        pipe.send(READY)
        while True:
            pipe.send(simulate(pipe.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def main() -> None:
    """The process: serves the pipe whose file descriptor is its argument."""
    serve(Connection(int(sys.argv[1])))
