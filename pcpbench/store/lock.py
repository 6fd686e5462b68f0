"""Decides that a run file is worked on by one process at a time."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from pcpbench.errors import EnvironmentFailed


class WriterLock:
    """Held from the first result to the last; the system lets go of it if the process is killed.

    It must outlive the process's SQLite connections to the file: closing any descriptor of a file
    ends the locks that SQLite holds on it. Readers need no lock.
    """

    def __init__(self, path: Path) -> None:
        """Raises EnvironmentFailed if another process holds it, OSError if there is no file."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise EnvironmentFailed(
                f"{path}: another pcpbench is working on this run; wait for it, or stop it"
            ) from None
        except OSError:
            pass  # a file system without locks

    def release(self) -> None:
        """Lets the next one in."""
        if self._descriptor >= 0:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1
