"""Decides how a run file is opened: to be read from anywhere, and while another process writes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pcpbench.store.failures import damaged

WAIT_FOR_OTHERS_S = 5.0


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that can read the file, and write it if the file system allows."""
    return connect(path, _access(path))


def connect(path: Path, access: str) -> sqlite3.Connection:
    """A connection with what SQLite calls URI parameters."""
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{access}",
        uri=True,
        timeout=WAIT_FOR_OTHERS_S,
        isolation_level=None,
    )
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def in_one_piece(connection: sqlite3.Connection) -> Iterator[None]:
    """What is written within is kept whole or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _access(path: Path) -> str:
    """How to open the file: reading one in WAL mode needs a writable folder, unless SQLite is
    told that nobody changes it."""
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if _has_log(path) else "mode=ro&immutable=1"


def check_whole(connection: sqlite3.Connection, path: Path) -> None:
    """Raises InputError if the last page is cut, which SQLite fills with zeros in silence."""
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    if not _has_log(path) and path.stat().st_size % page_bytes:
        raise damaged(path, "its last page is not whole")


def _has_log(path: Path) -> bool:
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0
