"""Decides how the core is given the text of a case, and what becomes of its complaints."""

from __future__ import annotations

from typing import Any

from pcpbench.errors import InputError
from pcpbench.trace.replay.case import Case
from pcpbench.trace.source import Damaged, read_chunks


def feed(native: Any, case: Case, *after: Any) -> None:
    """Gives ``native`` (a Replay or Learner of the core) the text of ``case``, and ends it with
    ``after``. Raises InputError with file and line for what it cannot follow."""
    try:
        for chunk in read_chunks(case.text):
            if not native.feed(chunk):
                break
    except Damaged as error:
        place = f"{case.text}:{native.lines + 1}"
        raise InputError.one(str(error), place, "copy or record it again") from error
    if not native.finish(*after):
        line, fault = native.fault
        raise InputError.one(fault, f"{case.text}:{line}", "give a whole recording")
