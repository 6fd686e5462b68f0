"""Decides how an error inside a plugin is told: what it raised, and at which line of whose code."""

from __future__ import annotations

import re
import traceback
from collections.abc import Collection
from pathlib import Path


def raised(error: BaseException, *, caller: Collection[str] = ()) -> str:
    """The error in one line: "raised ValueError: why (file:line)"; see ``own_line``."""
    text = " ".join(str(error).split())
    place = own_line(error, caller=caller)
    told = f"raised {type(error).__name__}{': ' if text else ''}{text}"
    return f"{told} ({place})" if place else told


def own_line(error: BaseException, *, caller: Collection[str] = ()) -> str:
    """The "file:line" of a plugin at which an error arose, "" if it was not entered.

    The line is the last one in the folder of the file through which the plugin was entered: where
    a package it uses raised says less. ``caller``: files of ours on the way to the plugin, which
    are not to blame, and neither are pluggy and Python's import.
    """
    import pluggy  # not for `--help`

    way = {*caller, __file__, *map(str, Path(pluggy.__file__).parent.glob("*.py"))}
    frames = traceback.extract_tb(error.__traceback__)
    entered = [f for f in frames if f.filename not in way and "importlib" not in f.filename]
    if not entered:
        return ""
    folder = Path(entered[0].filename).parent
    own = [frame for frame in entered if Path(frame.filename).is_relative_to(folder)]
    return f"{own[-1].filename}:{own[-1].lineno}"


def shown(value: object) -> str:
    """The value as an error shows it: without its address, since equal cells have equal errors."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
