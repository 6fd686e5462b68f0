"""Decides what is recorded of each drain: what became of the pages that were on lists at its start.

Such a page is freed by the drain, or taken by its owner, or waits as long as the strategy's
``limbo_ns`` allows. One that never left a list until then was missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PS_PER_NS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainRecord:
    """One drain that ended. ``forced``: it may leave nothing for later. ``listed_blocks``: on any
    list of its zones when it began; ``missed_blocks``: those of them that never left one."""

    forced: bool
    asked_ns: float
    ended_ns: float
    listed_blocks: int
    missed_blocks: int


def records_of(simulation: Any) -> list[DrainRecord]:
    """The records of a simulation whose drains were watched."""
    return [
        DrainRecord(
            forced=forced,
            asked_ns=asked_ps / PS_PER_NS,
            ended_ns=ended_ps / PS_PER_NS,
            listed_blocks=listed,
            missed_blocks=missed,
        )
        for forced, asked_ps, ended_ps, listed, missed in simulation.drain_records()
    ]
