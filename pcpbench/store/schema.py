"""Decides which tables a run file has, by what a file is known to be one, and what becomes of
older ones.

Versions: 1, the first (header, cells, results). 2 adds what a run was made from, the declarations
of its metrics, and which command simulated each cell. 3 adds when isolated CPUs were interrupted,
of the first replicate. docs/run-file.md describes the tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pcpbench.errors import InputError

# "pcpb" in ASCII; `file` and SQLite's own tools show it.
APPLICATION_ID = 0x70637062
VERSION = 3

FIRST_TABLES = """
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
) STRICT
"""
SECOND_TABLES = """
CREATE TABLE sessions (
    session INTEGER PRIMARY KEY,
    engine TEXT NOT NULL,
    environment TEXT NOT NULL
) STRICT;
CREATE TABLE sources (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    origin TEXT NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;
CREATE TABLE metrics (
    position INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    unit TEXT NOT NULL,
    better TEXT NOT NULL,
    scale TEXT NOT NULL,
    margin REAL NOT NULL,
    help TEXT NOT NULL,
    source TEXT NOT NULL,
    raw TEXT NOT NULL,
    assumed TEXT NOT NULL
) STRICT;
ALTER TABLE results ADD COLUMN session INTEGER NOT NULL DEFAULT 1
"""
THIRD_TABLES = """
CREATE TABLE interruptions (
    position INTEGER PRIMARY KEY REFERENCES cells (position),
    interruptions BLOB NOT NULL
) STRICT
"""
Rows = Mapping[str, Iterable[Sequence[Any]]]


def write_plan(connection: sqlite3.Connection, rows: Rows) -> None:
    """Makes the tables and writes what was asked, in one transaction. ``rows``: by table."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    for tables in (FIRST_TABLES, SECOND_TABLES, THIRD_TABLES):
        _run(connection, tables)
    for table, found in rows.items():
        _insert(connection, table, found)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def upgrade(connection: sqlite3.Connection, version: int, session: Sequence[Any]) -> None:
    """Gives a run file of an older version the tables of this one. ``session``: the row of the
    command that made its results, for version 1. What older files do not say stays unknown."""
    connection.execute("BEGIN IMMEDIATE")
    if version < 2:
        _run(connection, SECOND_TABLES)
        _insert(connection, "sessions", [session])
    _run(connection, THIRD_TABLES)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the format; InputError unless the file is a run file that can be read."""
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    if application_id != APPLICATION_ID:
        raise not_a_run_file(path)
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 1 <= version <= VERSION:
        raise InputError.one(
            f"this run file has version {version}, and this pcpbench reads versions up to "
            f"{VERSION}",
            str(path),
            "use the pcpbench that wrote it, or a newer one",
        )
    return version


def not_a_run_file(path: Path) -> InputError:
    """What is said of a file that no `pcpbench run` wrote."""
    return InputError.one(
        "this is not a run file of pcpbench", str(path), "`pcpbench run` writes them to results/"
    )


def _run(connection: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        connection.execute(statement)


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    found = list(rows)
    if found:
        marks = ", ".join("?" for _ in found[0])
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", found)
