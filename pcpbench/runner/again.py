"""Decides how a cell of a finished run is simulated again, to keep its events this time."""

from __future__ import annotations

from pcpbench.errors import InputError
from pcpbench.plugin.registry import Registry
from pcpbench.runner.provenance import check_repeatable
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.simulator.event_log import EventLog
from pcpbench.simulator.run import run_cell
from pcpbench.store import RunFile


def simulated_again(
    run_file: RunFile, kept: CellResult, registry: Registry, log: EventLog
) -> CellResult:
    """The cell's result, the same as ``kept`` in every metric; ``log`` gets its events.

    Raises InputError if engine, profile, preset or plugins are not those of the run, or if the
    numbers differ nevertheless, which a strategy or workload can cause that is not determined by
    its seed.
    """
    cell: Cell = kept.cell
    check_repeatable(run_file, registry, cell)
    result = run_cell(cell, registry, log=log)
    if (result.status, dict(result.metrics)) != (kept.status, dict(kept.metrics)):
        raise InputError.one(
            "simulated again, the cell gives other numbers than those in the run file",
            str(run_file.path),
            "its strategy or workload must depend on nothing but its parameters and the seed",
        )
    return result
