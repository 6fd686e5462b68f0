"""Decides what becomes of a cell whose simulation raises: a failed result, never an end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from pcpbench.plugin.blame import raised
from pcpbench.plugin.registry import Registry, load_registry
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
        return failed(cell, f"the simulation {raised(error, caller=(__file__,))}")


def failed(cell: Cell, why: str) -> CellResult:
    """The result of a cell that gave none."""
    return CellResult(cell=cell, status="failed", error=why)


@dataclass(frozen=True, slots=True)
class Simulation:
    """Simulates cells, in this process or, pickled, in another.

    ``plugins``: modules or files, loaded where the first cell is simulated. ``name``:
    module:function. ``registry``: what this process has loaded already; does not travel.
    """

    plugins: tuple[str, ...]
    name: str = SIMULATE
    registry: Registry | None = field(default=None, compare=False, repr=False)

    def __call__(self, cell: Cell, /) -> CellResult:
        """The cell's result; a failed one for whatever is raised."""
        registry, simulate = _loaded(self)
        return result_of(cell, self.registry or registry, simulate)

    def load(self) -> None:
        """Loads now what the first cell would. Raises what is wrong with ``name``."""
        _loaded(self)

    def __reduce__(self) -> tuple[type[Simulation], tuple[tuple[str, ...], str]]:
        return Simulation, (self.plugins, self.name)


@cache
def _loaded(simulation: Simulation) -> tuple[Registry, Simulate]:
    registry = simulation.registry or load_registry(simulation.plugins)
    return registry, simulation_named(simulation.name)
