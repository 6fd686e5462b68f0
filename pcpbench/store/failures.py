"""Decides what the user is told when SQLite or the file system refuses."""

from __future__ import annotations

import errno
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pcpbench.errors import (
    CHOOSE,
    NO_FOLDER,
    EnvironmentFailed,
    InputError,
    PcpbenchError,
    unwritable,
)
from pcpbench.store.schema import not_a_run_file

PRIMARY_CODE = 0xFF  # SQLite's extended error codes keep the plain one in their lowest byte
REFUSALS = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space, or choose another place (--output)",
    sqlite3.SQLITE_BUSY: "another process is writing to it; wait for it, or stop it",
    sqlite3.SQLITE_LOCKED: "another process is writing to it; wait for it, or stop it",
    sqlite3.SQLITE_READONLY: "it cannot be written; check its permissions",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the permissions of its folder",
    sqlite3.SQLITE_PERM: "permission denied; check its permissions",
    sqlite3.SQLITE_IOERR: "reading or writing it failed; check the disk",
}


@contextmanager
def refusals_named(path: Path) -> Iterator[None]:
    """Turns errors of SQLite and the file system into errors for the user that name the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _named(path, error) from error
    except OSError as error:
        raise _of_file_system(path, error) from error
    except UnicodeDecodeError as error:
        raise damaged(path, str(error)) from error


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turns what decoding a damaged row raises into an error for the user."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, zlib.error) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error


def damaged(path: Path, why: str) -> InputError:
    """What is said of a run file that cannot be decoded."""
    remedy = "restore a whole copy, or run the experiment again"
    return InputError.one(f"the run file is damaged or cut short ({why})", str(path), remedy)


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it. Raises EnvironmentFailed that names it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error, CHOOSE, thing=NO_FOLDER) from error


def _named(path: Path, error: sqlite3.Error) -> PcpbenchError:
    code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE
    if code == sqlite3.SQLITE_NOTADB:
        return not_a_run_file(path)
    if code in REFUSALS:
        return EnvironmentFailed(f"{path}: {REFUSALS[code]}")
    return damaged(path, str(error))


def _of_file_system(path: Path, error: OSError) -> PcpbenchError:
    if error.errno == errno.EEXIST:
        return InputError.one("the file exists already", str(path), "choose another --output")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentFailed(f"{path}: {REFUSALS[sqlite3.SQLITE_FULL]}")
    return unwritable(path, error, CHOOSE)
