"""Decides what an executor may give back, and what becomes of a run whose executor fails."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import redirect_stdout
from typing import Any

from pcpbench.errors import EnvironmentFailed
from pcpbench.plugin.blame import raised
from pcpbench.plugin.executor import Executor, Work
from pcpbench.simulator.cell import Cell, CellResult


def carried_out(
    executor: Executor, batches: Iterator[Sequence[Cell]], work: Work
) -> Generator[CellResult | None, None, None]:
    """Results as they come, None now and then while none comes.

    Raises EnvironmentFailed if the executor raises, gives something else than a result, or one
    that nobody waits for, or ends while cells are missing. What ``batches`` raises passes.
    """
    handed = _Handed(executor.name, batches)
    results: Iterator[CellResult | None] = iter(())
    try:
        results = iter(executor.results(handed.out(), work))
        while (result := _next_of(results)) is not _END:
            if result is not None:
                handed.check(result)
            yield result
    except EnvironmentFailed:
        raise
    except Exception as error:
        if error is handed.not_its_fault:
            raise
        what = raised(error, caller=(__file__,))
        raise EnvironmentFailed(f"executor '{executor.name}' {what}") from error
    finally:
        # A generator frees what it holds; an iterator of another kind may have nothing to free.
        getattr(results, "close", _nothing)()
    handed.check_whole()


def _next_of(results: Iterator[CellResult | None]) -> Any:
    """The next result. What the executor prints goes to stderr: stdout is the report's."""
    with redirect_stdout(sys.stderr):
        return next(results, _END)


def _nothing() -> None: ...


_END = object()


class _Handed:
    """The cells that the executor has got and not given back."""

    def __init__(self, executor: str, batches: Iterator[Sequence[Cell]]) -> None:
        self._executor = executor
        self._batches = batches
        self._waiting: set[Cell] = set()
        self._all = False
        self.not_its_fault: Exception | None = None

    def out(self) -> Iterator[Sequence[Cell]]:
        """The batches. Raises EnvironmentFailed if one is asked for before the results of those
        before it have been given, on which it may depend."""
        while (cells := self._next()) is not None:
            self._waiting.update(cells)
            yield cells
            if self._waiting:
                raise self._fault("asked for more cells before it gave the results of all it had")
        self._all = True

    def _next(self) -> Sequence[Cell] | None:
        try:
            return next(self._batches, None)
        except Exception as error:
            self.not_its_fault = error
            raise

    def check(self, result: object) -> None:
        """Takes note of a result. Raises EnvironmentFailed for one that nobody waits for."""
        if not isinstance(result, CellResult):
            raise self._fault(f"gave {result!r}, which is not a CellResult")
        if result.cell not in self._waiting:
            raise self._fault(f"gave a result of seed {result.cell.seed} that nobody waits for")
        self._waiting.remove(result.cell)

    def check_whole(self) -> None:
        """Raises EnvironmentFailed if the executor ended too early."""
        if not self._all:
            raise self._fault(f"ended with {len(self._waiting)} or more cells missing")

    def _fault(self, what: str) -> EnvironmentFailed:
        return EnvironmentFailed(f"executor '{self._executor}' {what}")
