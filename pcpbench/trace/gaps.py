"""Decides when the calls of a cycle come: the text of ``gaps`` becomes a place in time for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pcpbench.errors import InputError
from pcpbench.trace.cycle import Cycle

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NS = 1_000_000_000
MOST_SCALE = 1_000_000.0
FORMS = "write recorded, scaled(0.1) or fixed(1600), fixed in ns"
_FORM = re.compile(r"(?P<rule>[a-z]+)(?:\(\s*(?P<number>[0-9.]+)\s*(?:ns)?\s*\))?")
_SCALE = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """``fixed``: a CPU makes a call every ``number`` ns on average, and calls keep their order
    across CPUs. ``scaled``: the recorded times ``number`` times as long."""

    rule: Literal["fixed", "scaled"]
    number: float

    def times_ns(self, cycle: Cycle, cpus: int) -> tuple[NDArray[Any], int]:
        """(time of each call in ns since the cycle began, length of the cycle), ``cpus`` CPUs
        sharing the calls. Raises InputError if recorded times mean nothing."""
        import numpy as np

        number = np.arange(len(cycle.op), dtype=np.int64)
        if self.rule == "fixed":
            each_ns = max(int(self.number), 1)
            return number * each_ns // cpus, max(len(number) * each_ns // cpus, 1)
        if cycle.tick_ns is None:
            raise InputError.one(
                "gaps as recorded need the recording's clock, which is not known",
                None,
                "add tsc_khz to its meta.json, or use gaps: fixed(1600)",
            )
        # One rounding per call, in double precision, which every machine does alike.
        times = np.rint(cycle.time.astype(np.float64) * (cycle.tick_ns * self.number))
        times = times.astype(np.int64)
        # The way back to the first call takes a gap of mean length.
        return times, int(times[-1]) + max(int(times[-1]) // len(times), 1)


def parse_gaps(text: str) -> Gaps:
    """``recorded``, ``scaled(x)``, ``fixed(ns)``. Raises ValueError that says what is allowed."""
    form = _FORM.fullmatch(text.strip())
    match (form["rule"], form["number"]) if form else ("", None):
        case "recorded", None:
            return Gaps(rule="scaled", number=1.0)
        case "fixed", str(number) if number.isdecimal() and 1 <= int(number) <= MOST_NS:
            return Gaps(rule="fixed", number=int(number))
        case "scaled", str(number) if _SCALE.fullmatch(number) and 0 < float(number) <= MOST_SCALE:
            return Gaps(rule="scaled", number=float(number))
    raise ValueError(f"gaps is '{text}'; {FORMS}")
