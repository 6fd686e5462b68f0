"""Says what an executor is: where the cells of a run are carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from pcpbench.plugin.parameters import Parameterised


class Simulate(Protocol):
    """Gives the result (``CellResult``) of a cell (``Cell``, both in pcpbench.simulator.cell).

    Can be pickled. Loads the plugins of the run when a process calls it for the first time, or
    ``load``s them, which raises if it cannot. A fault in a cell gives a failed result: a call
    raises nothing but KeyboardInterrupt.
    """

    def __call__(self, cell: Any, /) -> Any: ...
    def load(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an executor is given. ``simulate``: makes a result of a cell. ``at_once``: how many
    cells the user allows, or this machine holds, at the same time."""

    simulate: Simulate
    at_once: int


class Executor(Parameterised):
    """Base class of executors; subclass it and write ``results``.

    ``name``: unique, as in `pcpbench run --executor NAME`. ``summary``: one line. ``local``:
    whether cells run on this machine, so that its CPUs and memory limit them.
    """

    _reserved = ("name",)

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    local: ClassVar[bool] = True

    def results(self, batches: Iterable[Sequence[Any]], work: Work) -> Iterator[Any]:
        """Yields the result of each cell of each batch, in any order within a batch.

        The next batch may depend on the results of those before it: ask for it when all of them
        have been yielded. Yield None about once a second while nothing ends, which keeps the
        display alive. If the run is stopped, the generator is closed: free what it holds in
        ``finally`` or a ``with`` block.
        """
        raise NotImplementedError
