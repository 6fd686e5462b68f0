"""Decides which tables a run file has, and by what a file is known to be one.

Versions: 1, the first. docs/run-file.md describes the tables for readers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pcpbench.errors import InputError

# "pcpb" in ASCII; `file` and SQLite's own tools show it.
APPLICATION_ID = 0x70637062
VERSION = 1

TABLES = """
CREATE TABLE header (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    header TEXT NOT NULL
) STRICT;
CREATE TABLE cells (
    position INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    cell TEXT NOT NULL
) STRICT;
CREATE TABLE results (
    position INTEGER PRIMARY KEY REFERENCES cells (position),
    status TEXT NOT NULL CHECK (status IN ('ok', 'failed')),
    error TEXT,
    metrics TEXT NOT NULL,
    null_reasons TEXT NOT NULL,
    page_ops INTEGER NOT NULL,
    pages_moved INTEGER NOT NULL,
    simulated_ns INTEGER NOT NULL,
    measurements BLOB NOT NULL,
    wall_ns INTEGER
) STRICT;
"""


def write_plan(
    connection: sqlite3.Connection, header: str, cells: Iterable[tuple[int, str, str]]
) -> None:
    """Makes the tables and writes what was asked, in one transaction.

    ``cells``: position, digest and text of each.
    """
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for statement in filter(str.strip, TABLES.split(";")):
        connection.execute(statement)
    connection.execute("INSERT INTO header VALUES (1, ?)", (header,))
    connection.executemany("INSERT INTO cells VALUES (?, ?, ?)", cells)
    connection.execute("COMMIT")


def check_identity(connection: sqlite3.Connection, path: Path) -> None:
    """Raises InputError unless the database is a run file of a version that can be read."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise not_a_run_file(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise InputError.one(
            f"this run file has version {version}, and this pcpbench reads version {VERSION}",
            str(path),
            "use the pcpbench that wrote it, or a newer one",
        )


def not_a_run_file(path: Path) -> InputError:
    """What is said of a file that no `pcpbench run` wrote."""
    return InputError.one(
        "this is not a run file of pcpbench", str(path), "`pcpbench run` writes them to results/"
    )
