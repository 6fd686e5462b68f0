"""Decides what is said when a command ends badly, and with which exit code: never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

from pcpbench.errors import EnvironmentFailed, Interrupted, PcpbenchError, warning_line

BUG = 70  # EX_SOFTWARE of sysexits.h
BROKEN_PIPE = 141  # what a shell reports of a program that SIGPIPE ended
REFUSED_BY_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EPERM)
REPORT_IT = (
    "this is a bug of pcpbench; please report it as CONTRIBUTING.md says, with the command and "
    "the traceback that --debug shows"
)


def exit_code_of(command: Callable[[], int], *, debug: bool = False) -> int:
    """Runs the command; tells its errors on stderr. ``debug``: let a bug show its traceback."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # for terminals that know ASCII only
    try:
        code = command()
        sys.stdout.flush()
        return code
    except Interrupted as error:
        tell(str(error))
        return error.exit_code
    except PcpbenchError as error:
        tell_error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        tell("interrupted")
        return Interrupted.exit_code
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    except MemoryError:
        tell_error("memory ran out; simulate a smaller machine (machine.memory)")
        return EnvironmentFailed.exit_code
    except Exception as error:
        if isinstance(error, OSError) and error.errno in REFUSED_BY_THE_MACHINE:
            tell_error(f"{error.filename or 'output'}: {error.strerror}")
            _forget_stdout()
            return EnvironmentFailed.exit_code
        if debug:
            raise
        tell_error(f"{type(error).__name__}: {error}; {REPORT_IT}")
        return BUG


def tell(text: str) -> None:
    """Says something on stderr, each line marked as pcpbench's."""
    for line in text.splitlines() or [""]:
        print(f"pcpbench: {line}", file=sys.stderr)


def tell_error(text: str) -> None:
    """Says what is wrong, one line a problem."""
    for line in text.splitlines() or ["unknown"]:
        tell(f"error: {line}")


def tell_warning(text: str) -> None:
    """Says what the user should know though the command goes on."""
    print(warning_line(text), file=sys.stderr)


def _forget_stdout() -> None:
    """Keeps Python from complaining, when it exits, about output that cannot be written."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
