"""Decides how an error inside a plugin is told: what it raised, and at which line of whose code."""

from __future__ import annotations

import traceback
from collections.abc import Collection


def raised(error: BaseException, *, caller: Collection[str] = ()) -> str:
    """The error in one line: "raised ValueError: why (file:line)".

    ``caller``: files of ours on the way to the plugin, which are not to blame.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename not in (*caller, __file__)]
    place = f" ({own[-1].filename}:{own[-1].lineno})" if own else ""
    text = " ".join(str(error).split())
    return f"raised {type(error).__name__}{': ' if text else ''}{text}{place}"
