"""Decides what a worker process does: loads its plugins once, then simulates cell after cell.

Started as a process with one end of a pipe, a file descriptor. The parent sends a ``Setup``, then
cells; the worker answers ``READY``, then results. At the end of the pipe, also when the parent was
killed, it ends.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection

from pcpbench.plugin.registry import load_registry
from pcpbench.runner.one_cell import result_of, simulation_named

READY = "ready"
PROGRAM = "from pcpbench.runner.worker import main; main()"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a worker needs once. ``plugins``: modules or files; ``simulate``: module:function."""

    plugins: tuple[str, ...]
    simulate: str


def serve(pipe: Connection) -> None:
    """Answers the parent until it hangs up."""
    try:
        setup: Setup = pipe.recv()
        registry = load_registry(setup.plugins)
        simulate = simulation_named(setup.simulate)
        pipe.send(READY)
        while True:
            cell = pipe.recv()
            pipe.send(result_of(cell, registry, simulate))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def main() -> None:
    """The process: serves the pipe whose file descriptor is its argument."""
    serve(Connection(int(sys.argv[1])))
