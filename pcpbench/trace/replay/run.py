"""Decides how a case is replayed: in which order its files are read, and what is an error."""

from __future__ import annotations

from collections.abc import Mapping

from pcpbench.errors import InputError
from pcpbench.trace.replay.case import Case, check_origin, read_snapshot
from pcpbench.trace.replay.feeding import feed
from pcpbench.trace.replay.learning import learn
from pcpbench.trace.replay.score import ReplayResult, result_of

INPUTS = ("calls", "order", "facts")


def replay(
    case: Case,
    kernel: str,
    policy: Mapping[str, str | bool | int],
    *,
    inputs: str = "order",
    resync: bool = False,
) -> ReplayResult:
    """Predicts ``case`` with the rules ``policy`` of the preset ``kernel``; without a snapshot what
    its events determine (learning.py).

    ``inputs``: what is given beside the calls (INPUTS). Raises InputError with file and line for
    anything wrong with the files."""
    if case.before is None:
        return learn(case, kernel, policy, inputs=inputs)
    from pcpbench._native import Replay

    before = read_snapshot(case.before)
    after = None if case.after is None else read_snapshot(case.after)
    check_origin(case, before, after)
    try:
        native = Replay(dict(policy), before, inputs=inputs, resync=resync)
    except ValueError as error:
        raise InputError.one(
            f"{error} (the snapshot is of {before.release}, the preset is {kernel})",
            str(case.before),
            "choose the preset of the recorded kernel with --kernel",
        ) from error
    feed(native, case, after)
    return result_of(case.name, kernel, inputs, native)
