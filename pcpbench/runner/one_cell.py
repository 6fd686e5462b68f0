"""Decides what becomes of a cell whose simulation raises: a failed result, never an end."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module

from pcpbench.plugin.registry import Registry
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.store.encoding import result_to_row

Simulate = Callable[[Cell, Registry], CellResult]
SIMULATE = "pcpbench.simulator.run:run_cell"


def simulation_named(name: str) -> Simulate:
    """The function ``module:function``; workers are told it by name."""
    module, _, function = name.partition(":")
    simulate: Simulate = getattr(import_module(module), function)
    return simulate


def result_of(cell: Cell, registry: Registry, simulate: Simulate) -> CellResult:
    """Simulates the cell. What a plugin prints goes to stderr: stdout is the report's."""
    try:
        with redirect_stdout(sys.stderr):
            result = simulate(cell, registry)
        if result.cell != cell:
            return failed(cell, "the simulation answered for another cell; this is a bug")
        result_to_row(result)  # a value that cannot be kept fails its cell here, not the run
        return result
    except MemoryError:
        return failed(cell, "memory ran out; use fewer --jobs, or a smaller machine.memory")
    except Exception as error:
        return failed(cell, f"{_place(error)}{type(error).__name__}: {error}")


def failed(cell: Cell, why: str) -> CellResult:
    """The result of a cell that gave none."""
    return CellResult(cell=cell, status="failed", error=why)


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
