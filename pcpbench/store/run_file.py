"""Decides when a result is safe: each finished cell is on disk before the next is accepted."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from pcpbench.errors import InputError
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.store.encoding import (
    canonical_json,
    cell_digest,
    cell_from_text,
    cell_to_text,
    result_from_row,
    result_to_row,
)
from pcpbench.store.failures import make_folder, refusals_named
from pcpbench.store.run_header import RunHeader
from pcpbench.store.schema import check_identity, write_plan

WAIT_FOR_OTHERS_S = 5.0


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
        self._position_of = {cell: position for position, cell in enumerate(self.cells)}

    @classmethod
    def create(cls, path: Path, header: RunHeader, cells: Sequence[Cell]) -> RunFile:
        """Makes a new run file, and its folder if need be.

        Raises InputError if the file exists, EnvironmentFailed if it cannot be written, and
        ValueError if the plan has a cell twice.
        """
        if len(set(cells)) != len(cells):
            raise ValueError("a cell stands twice in the plan")
        texts = [cell_to_text(cell) for cell in cells]
        rows = [(position, cell_digest(text), text) for position, text in enumerate(texts)]
        header_text = canonical_json(header.to_json())
        make_folder(path.parent)
        with refusals_named(path):
            path.touch(exist_ok=False)
            connection = _connect(path, "mode=rw")
            try:
                # With WAL `pcpbench report` can read while a run writes; FULL syncs each commit.
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                write_plan(connection, header_text, rows)
            except BaseException:
                connection.close()
                path.unlink()
                raise
        return cls(path, connection, header, cells)

    @classmethod
    def open(cls, path: Path) -> RunFile:
        """Opens a run file, also one that a killed run left, or that may only be read.

        Raises InputError if it is no run file or of another version, EnvironmentFailed if it
        cannot be read.
        """
        if not path.is_file():
            raise InputError.one("there is no such file", str(path), "check the path")
        with refusals_named(path):
            connection = _connect(path, _access(path))
            try:
                check_identity(connection, path)
                row = connection.execute("SELECT header FROM header").fetchone()
                cells = connection.execute("SELECT cell FROM cells ORDER BY position").fetchall()
                header = row["header"] if row else ""
                return cls(path, connection, *_decoded(path, header, [cell for (cell,) in cells]))
            except BaseException:
                connection.close()
                raise

    def save(self, result: CellResult) -> None:
        """Puts a result on disk; when this returns it survives a crash of the machine.

        A result that is there already is replaced. Raises EnvironmentFailed if the disk is full
        or another process holds the file, ValueError for a cell that is not in the plan or a
        value that is not finite.
        """
        position = self._position_of.get(result.cell)
        if position is None:
            raise ValueError("the result is of a cell that is not in the plan")
        row = {"position": position, **result_to_row(result)}
        columns, marks = ", ".join(row), ", ".join(f":{column}" for column in row)
        statement = f"INSERT OR REPLACE INTO results ({columns}) VALUES ({marks})"
        with refusals_named(self.path):
            self._connection.execute(statement, row)

    def results(self, *, measurements: bool = False) -> tuple[CellResult, ...]:
        """The results so far, in the order of the plan.

        ``measurements``: read counters and histograms too; without, they stay empty.
        """
        with refusals_named(self.path):
            rows = self._connection.execute("SELECT * FROM results ORDER BY position").fetchall()
        return tuple(
            result_from_row(self.cells[row["position"]], row, measurements=measurements)
            for row in map(dict, rows)
        )

    def pending(self) -> tuple[Cell, ...]:
        """The cells of the plan that have no result yet, in order."""
        with refusals_named(self.path):
            rows = self._connection.execute("SELECT position FROM results").fetchall()
        done = {row["position"] for row in rows}
        return tuple(cell for position, cell in enumerate(self.cells) if position not in done)

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

    def __enter__(self) -> RunFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _connect(path: Path, access: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{access}",
        uri=True,
        timeout=WAIT_FOR_OTHERS_S,
        isolation_level=None,
    )
    connection.row_factory = sqlite3.Row
    return connection


def _access(path: Path) -> str:
    """How to open the file: reading one in WAL mode needs a writable folder, unless SQLite is
    told that nobody changes it."""
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "mode=rw"
    log = path.with_name(path.name + "-wal")
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def _decoded(path: Path, header: str, cells: Sequence[str]) -> tuple[RunHeader, list[Cell]]:
    try:
        return RunHeader.from_json(json.loads(header)), [cell_from_text(text) for text in cells]
    except (KeyError, TypeError, ValueError) as error:
        why = f"{type(error).__name__}: {error}"
        remedy = "run the experiment again"
        raise InputError.one(f"the run file is damaged ({why})", str(path), remedy) from error
