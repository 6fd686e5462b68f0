"""Decides when a result is safe: each finished cell is on disk before the next is accepted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pcpbench.errors import InputError
from pcpbench.metrics.metric import Metric
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.simulator.interruptions import Interruptions
from pcpbench.store.canonical import canonical_json
from pcpbench.store.connecting import check_whole, connect, connect_to_read, in_one_piece
from pcpbench.store.encoding import (
    cell_digest,
    cell_from_text,
    cell_to_text,
    result_from_row,
    result_to_row,
)
from pcpbench.store.failures import damage_named, make_folder, refusals_named
from pcpbench.store.interruptions import interruptions_from_bytes, interruptions_to_bytes
from pcpbench.store.lock import WriterLock
from pcpbench.store.measurements import (
    Measurements,
    counters_from_bytes,
    measurements_from_bytes,
)
from pcpbench.store.provenance import Provenance, Session, Source, metric_of_row, metric_rows
from pcpbench.store.run_header import RunHeader
from pcpbench.store.schema import VERSION, upgrade, version_of, write_plan

T = TypeVar("T")


class RunFile:
    """A run on disk: its header, its plan of cells, and the results so far.

    ``path``: the file. ``header``: what was asked. ``cells``: the plan, in order. A result's
    place in the file is its cell's place in the plan, in whatever order results come.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, header: RunHeader, cells: Sequence[Cell]
    ) -> None:
        self.path = path
        self.header = header
        self.cells = tuple(cells)
        self._connection = connection
        self._session = 1
        self._lock: WriterLock | None = None
        self._position_of = {cell: position for position, cell in enumerate(self.cells)}

    @classmethod
    def create(
        cls,
        path: Path,
        header: RunHeader,
        cells: Sequence[Cell],
        provenance: Provenance | None = None,
    ) -> RunFile:
        """Makes a new run file, and its folder if need be.

        Raises InputError if the file exists, EnvironmentFailed if it cannot be written, and
        ValueError if the plan has a cell twice.
        """
        if len(set(cells)) != len(cells):
            raise ValueError("a cell stands twice in the plan")
        rows = _rows(header, cells, provenance or Provenance())
        make_folder(path.parent)
        with refusals_named(path):
            path.touch(exist_ok=False)
            lock = WriterLock(path)
            connection = connect(path, "mode=rw")
            try:
                # With WAL `pcpbench report` can read while a run writes; FULL syncs each commit.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                write_plan(connection, rows)
            except BaseException:
                connection.close()
                lock.release()
                path.unlink()
                raise
        run_file = cls(path, connection, header, cells)
        run_file._lock = lock
        return run_file

    @classmethod
    def open(cls, path: Path) -> RunFile:
        """Opens a run file, also one that a killed run left, of an older version, or that may
        only be read. It is not changed.

        Raises InputError if it is no run file, damaged, or newer, EnvironmentFailed if unreadable.
        """
        if not path.is_file():
            what = "this is a folder" if path.is_dir() else "there is no such file"
            raise InputError.one(what, str(path), "check the path")
        with refusals_named(path):
            connection = connect_to_read(path)
            try:
                version_of(connection, path)
                check_whole(connection, path)
                row = connection.execute("SELECT header FROM header").fetchone()
                cells = connection.execute("SELECT cell FROM cells ORDER BY position").fetchall()
                header = row["header"] if row else ""
                return cls(path, connection, *_decoded(path, header, [cell for (cell,) in cells]))
            except BaseException:
                connection.close()
                raise

    def begin_session(self, session: Session) -> None:
        """Says by whom the results to come are made; an older file becomes one of this version.

        Raises EnvironmentFailed if the file cannot be written, or another process is at it.
        """
        first = (1, self.header.engine, canonical_json(dict(self.header.environment)))
        with refusals_named(self.path):
            self._lock = self._lock or WriterLock(self.path)
            if self.version < VERSION:
                upgrade(self._connection, self.version, first)
            # What a crash of the machine may leave must be whole, also after a resumed run.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            row = (session.engine, canonical_json(dict(session.environment)))
            added = self._connection.execute(
                "INSERT INTO sessions (engine, environment) VALUES (?, ?)", row
            )
            self._session = added.lastrowid or 1

    def save(self, result: CellResult) -> None:
        """Puts a result on disk; when this returns it survives a crash of the machine.

        A result that is there already is replaced. Raises EnvironmentFailed if the disk is full
        or another process holds the file, ValueError for a cell that is not in the plan or a
        value that is not finite.
        """
        position = self._position_of.get(result.cell)
        if position is None:
            raise ValueError("the result is of a cell that is not in the plan")
        row = {"position": position, **result_to_row(result), "session": self._session}
        columns, marks = ", ".join(row), ", ".join(f":{column}" for column in row)
        statement = f"INSERT OR REPLACE INTO results ({columns}) VALUES ({marks})"
        moments = "INSERT OR REPLACE INTO interruptions VALUES (?, ?)"
        with refusals_named(self.path), in_one_piece(self._connection):
            self._connection.execute(statement, row)
            if self._keeps_interruptions(result):
                packed = interruptions_to_bytes(result.interruptions)
                self._connection.execute(moments, (position, packed))

    def _keeps_interruptions(self, result: CellResult) -> bool:
        """Only of the first replicate of each setting and strategy."""
        first = self.header.experiment.get("seed") == result.cell.seed and not result.cell.study
        return first and bool(result.interruptions.seen)

    def interruptions(self) -> dict[Cell, Interruptions]:
        """When isolated CPUs were interrupted, by cell; empty in a file of version 1 or 2."""
        statement = "SELECT position, interruptions FROM interruptions ORDER BY position"
        with refusals_named(self.path), damage_named(self.path):
            rows = self._connection.execute(statement) if self.version > 2 else ()
            return {self.cells[place]: interruptions_from_bytes(packed) for place, packed in rows}

    def results(self, *, measurements: bool = False) -> tuple[CellResult, ...]:
        """The results so far, in the order of the plan. ``measurements``: read counters and
        histograms too; without, they stay empty."""
        with refusals_named(self.path):
            rows = self._connection.execute("SELECT * FROM results ORDER BY position").fetchall()
        with damage_named(self.path):
            return tuple(
                result_from_row(self.cells[row["position"]], row, measurements=measurements)
                for row in map(dict, rows)
            )

    def measurements(
        self, cells: Iterable[Cell], wanted: Callable[[str], bool] | None = None
    ) -> Iterator[Measurements]:
        """Counters and histograms (those ``wanted`` by name, None: all) of cells that ended well,
        one cell at a time: a large run's fill the memory. KeyError for one without a result."""
        return self._unpacked(cells, lambda packed: measurements_from_bytes(packed, wanted))

    def counters(self, cells: Iterable[Cell]) -> Iterator[dict[str, int]]:
        """Counters alone, which is quicker."""
        return self._unpacked(cells, counters_from_bytes)

    def _unpacked(self, cells: Iterable[Cell], unpack: Callable[[bytes], T]) -> Iterator[T]:
        statement = "SELECT measurements FROM results WHERE position = ?"
        with refusals_named(self.path), damage_named(self.path):
            for cell in cells:
                row = self._connection.execute(statement, (self._position_of[cell],)).fetchone()
                yield unpack(row["measurements"])

    @property
    def version(self) -> int:
        """The version of the file's format."""
        with refusals_named(self.path):
            return version_of(self._connection, self.path)

    def sessions(self) -> tuple[Session, ...]:
        """The commands that simulated cells of the run, in their order."""
        if self.version < 2:
            return (Session(engine=self.header.engine, environment=self.header.environment),)
        with refusals_named(self.path), damage_named(self.path):
            return tuple(
                Session(engine=row["engine"], environment=json.loads(row["environment"]))
                for row in self._select("SELECT * FROM sessions ORDER BY session")
            )

    def engines(self) -> dict[str, int]:
        """How many results each engine gave, in the order of the plan."""
        if self.version < 2:
            return {self.header.engine: len(self.results())}
        statement = """SELECT engine, COUNT(*) AS results FROM results JOIN sessions USING (session)
                       GROUP BY engine ORDER BY MIN(position)"""
        with refusals_named(self.path):
            return {row["engine"]: row["results"] for row in self._select(statement)}

    def engine_of(self, cell: Cell) -> str:
        """The engine that gave a cell's result. KeyError for a cell without one."""
        if self.version < 2:
            return self.header.engine
        statement = "SELECT engine FROM results JOIN sessions USING (session) WHERE position = ?"
        with refusals_named(self.path):
            found = self._connection.execute(statement, (self._position_of[cell],)).fetchone()
        if found is None:
            raise KeyError(cell)
        return str(found["engine"])

    def sources(self) -> tuple[Source, ...]:
        """What the run was made from; empty in a file of version 1."""
        if self.version < 2:
            return ()
        with refusals_named(self.path), damage_named(self.path):
            rows = self._select("SELECT * FROM sources ORDER BY kind, name")
            return tuple(Source(**row) for row in rows)

    def metrics(self) -> dict[str, Metric]:
        """The declarations of the run's metrics by name; empty in a file of version 1."""
        if self.version < 2:
            return {}
        with refusals_named(self.path), damage_named(self.path):
            rows = self._select("SELECT * FROM metrics ORDER BY position")
            return {row["name"]: metric_of_row(row) for row in rows}

    def pending(self) -> tuple[Cell, ...]:
        """The cells of the plan that have no result yet, in order."""
        with refusals_named(self.path):
            rows = self._connection.execute("SELECT position FROM results").fetchall()
        done = {row["position"] for row in rows}
        return tuple(cell for position, cell in enumerate(self.cells) if position not in done)

    def _select(self, statement: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(statement).fetchall()]

    def close(self) -> None:
        """Leaves one file that can be copied, and read from a folder that cannot be written."""
        with refusals_named(self.path):
            try:
                self._connection.execute("PRAGMA busy_timeout = 0")
                self._connection.execute("PRAGMA journal_mode = DELETE")
            except sqlite3.OperationalError:
                pass  # another process reads it, or it is read-only: it stays as it is
            finally:
                self._connection.close()
                if self._lock is not None:
                    self._lock.release()

    def __enter__(self) -> RunFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _rows(
    header: RunHeader, cells: Sequence[Cell], provenance: Provenance
) -> dict[str, list[tuple[Any, ...]]]:
    """What is written before the first result, by table."""
    texts = [cell_to_text(cell) for cell in cells]
    metrics = (provenance.metrics or {}).values()
    return {
        "header": [(1, canonical_json(header.to_json()))],
        "cells": [(place, cell_digest(text), text) for place, text in enumerate(texts)],
        "sessions": [(1, header.engine, canonical_json(dict(header.environment)))],
        "sources": [(s.kind, s.name, s.origin, s.digest, s.content) for s in provenance.sources],
        "metrics": metric_rows(metrics),
    }


def _decoded(path: Path, header: str, cells: Sequence[str]) -> tuple[RunHeader, list[Cell]]:
    with damage_named(path):
        return RunHeader.from_json(json.loads(header)), [cell_from_text(text) for text in cells]
