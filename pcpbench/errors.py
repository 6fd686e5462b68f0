"""Decides what a failure tells the user, and which exit code it gives.

Every error names the thing, the place and the remedy; several come together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

INTERRUPTED = 130
# Of several codes the first of these that occurred is the command's.
PRECEDENCE = (5, 2, 3, 1, 4)
CHOOSE = "choose another --output"
NO_FOLDER = "the folder cannot be made"


class PcpbenchError(Exception):
    """Base of the errors that are meant for the user. ``exit_code``: of the command they end."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what, where (``file:line:column``, if known), what to do."""

    thing: str
    place: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{where}{self.thing}{remedy}"


class InputError(PcpbenchError):
    """What the user gave cannot be used. ``problems``: everything that is wrong, all at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    @classmethod
    def one(cls, thing: str, place: str | None = None, remedy: str | None = None) -> InputError:
        """The error of a single problem."""
        return cls([Problem(thing, place, remedy)])


class CellFailed(PcpbenchError):
    """Some cells of a run failed; the others are kept."""

    exit_code = 3


class EnvironmentFailed(PcpbenchError):
    """The machine does not allow it: unwritable, no permission, disk full."""

    exit_code = 5


class GateFailed(PcpbenchError):
    """A gate or a required score was not met."""

    exit_code = 1


class StillInconclusive(PcpbenchError):
    """A primary comparison is inconclusive, and ``--strict`` was asked."""

    exit_code = 4


class Interrupted(PcpbenchError):
    """The user stopped the command; what was finished is kept."""

    exit_code = INTERRUPTED


def reason_of(error: Exception, otherwise: str | None = None) -> str:
    """What the system says of a file, in small letters; ``otherwise``: if it says nothing."""
    said = getattr(error, "strerror", None)
    return str(said).lower() if said else otherwise or str(error)


def unreadable(path: object, error: Exception, otherwise: str, *, like: str = "") -> InputError:
    """What is said of an input that cannot be read. ``otherwise``: why, if the system does not
    say; ``like``: a suggestion."""
    thing = f"it cannot be read ({reason_of(error, otherwise)}){like}"
    return InputError.one(thing, str(path), "check the path and its permissions")


def unwritable(
    path: object, error: OSError, remedy: str, *, thing: str = "it cannot be written"
) -> EnvironmentFailed:
    """What is said of a file or folder that cannot be written."""
    return EnvironmentFailed(f"{path}: {thing} ({reason_of(error)}); {remedy}")


def worst_exit_code(codes: Iterable[int]) -> int:
    """The exit code of a command that met several: 5 > 2 > 3 > 1 > 4 > 0."""
    met = set(codes)
    return next((code for code in PRECEDENCE if code in met), 0)


def warning_line(text: str) -> str:
    """What the user should know though things go on, as a line for stderr."""
    return f"pcpbench: warning: {' '.join(text.split())}"


def suggestion(word: str, choices: Collection[str]) -> str:
    """``"; did you mean 'x'?"`` for the choice that is nearest to a misspelt word, else ``""``."""
    from difflib import get_close_matches

    near = get_close_matches(str(word), [str(choice) for choice in choices], n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""
