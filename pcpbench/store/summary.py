"""Decides what is known of a run at a glance, without reading its cells."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pcpbench.errors import InputError, PcpbenchError
from pcpbench.store.connecting import connect_to_read
from pcpbench.store.failures import damage_named, refusals_named
from pcpbench.store.schema import version_of

SUFFIX = ".sqlite"
COUNTS = """SELECT (SELECT COUNT(*) FROM cells) AS planned, COUNT(*) AS done,
                   COALESCE(SUM(status = 'failed'), 0) AS failed FROM results"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in a folder. ``planned``, ``done``, ``failed``: cells. ``problem``: why it cannot be
    read; then the rest is empty. ``date``: when it began, as in the header."""

    path: Path
    name: str = ""
    question: str = ""
    date: str = ""
    engine: str = ""
    planned: int = 0
    done: int = 0
    failed: int = 0
    problem: str | None = None


def summaries(folder: Path) -> Iterator[RunSummary]:
    """The runs of a folder, in the order of their names. Raises InputError if there is none."""
    if not folder.is_dir():
        raise InputError.one("there is no such folder", str(folder), "check the path")
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            yield summary(path)
        except PcpbenchError as error:
            yield RunSummary(path=path, problem=str(error).removeprefix(f"{path}: "))


def summary(path: Path) -> RunSummary:
    """One run. Raises InputError if it is none, EnvironmentFailed if it cannot be read."""
    with refusals_named(path):
        connection = connect_to_read(path)
        try:
            return _read(connection, path)
        finally:
            connection.close()


def _read(connection: sqlite3.Connection, path: Path) -> RunSummary:
    version_of(connection, path)
    row = connection.execute("SELECT header FROM header").fetchone()
    counts = connection.execute(COUNTS).fetchone()
    with damage_named(path):
        header = json.loads(row["header"])
        return RunSummary(
            path=path,
            name=header["name"],
            question=header["question"],
            date=header["environment"].get("date", ""),
            engine=header["engine"],
            **dict(counts),
        )
