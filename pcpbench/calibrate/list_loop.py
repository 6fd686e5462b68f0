"""Decides how it is measured what a dependent load, or a lock that is free, adds to a list access.

The proposal of October 2021 says of the load: unlikely to be measurable. Where code and data lie
can matter more than a load does, so every round puts the data elsewhere and runs several copies
of the code at different addresses. In each of these places the variants run in turn, so that what
disturbs the machine disturbs all. The median over the rounds says what the extra costs; the
spread over places says what a single build on a single machine might see instead.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pcpbench.calibrate.estimate import Estimate, median_estimate

Variant = Literal["bare", "indirect", "try_locked"]
Mode = Literal["overlapped", "serialised"]
VARIANTS: tuple[Variant, ...] = ("bare", "indirect", "try_locked")
MODES: Mapping[Mode, str] = {
    "overlapped": "the processor overlaps what it can",
    "serialised": "nothing begins before all before it has ended",
}
PAIRS = 2000
TURNS = 5
ACCESSES_OF_A_PAIR = 2  # a pop and a push
PLACEMENT_STEP = 5  # prime to the lines of a page: all of them in turn
SPREAD = 0.95


class Loop(Protocol):
    """The native loop."""

    @property
    def layouts(self) -> int: ...
    def ns_per_pair(
        self, cpu: int, variant: str, serialised: bool, layout: int, pairs: int
    ) -> float: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What an extra adds, in ns; 95 % of places lie from low_place_ns to high_place_ns."""

    estimate: Estimate
    low_place_ns: float
    high_place_ns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLoopResult:
    """Of one mode, in ns an access (a pop or a push): the bare one, and what the extras add."""

    bare: Estimate
    dependent_load: Added
    trylock_pair: Added


class ListLoopSamples:
    """Gathers rounds. ``loop_at``: makes the loop with its data at a place."""

    def __init__(self, loop_at: Callable[[int], Loop], cpu: int) -> None:
        self._loop_at = loop_at
        self._cpu = cpu
        # By mode and variant, a list of places for each round: bare, or more than bare.
        self._rounds: dict[tuple[Mode, Variant], list[list[float]]] = {
            (mode, variant): [] for mode in MODES for variant in VARIANTS
        }

    def take(self) -> None:
        """One round."""
        loop = self._loop_at(PLACEMENT_STEP * len(self._rounds["overlapped", "bare"]))
        for mode in MODES:
            places = [self._place(loop, mode, layout) for layout in range(loop.layouts)]
            for variant in VARIANTS:
                self._rounds[mode, variant].append([place[variant] for place in places])

    def _place(self, loop: Loop, mode: Mode, layout: int) -> dict[Variant, float]:
        taken: dict[Variant, list[float]] = {variant: [] for variant in VARIANTS}
        for turn in range(TURNS):
            for variant in VARIANTS if turn % 2 else VARIANTS[::-1]:
                ns = loop.ns_per_pair(self._cpu, variant, mode == "serialised", layout, PAIRS)
                taken[variant].append(ns / ACCESSES_OF_A_PAIR)
        bare = taken["bare"]
        more = {
            variant: statistics.median(
                ns - without for ns, without in zip(taken[variant], bare, strict=True)
            )
            for variant in VARIANTS
        }
        return {**more, "bare": statistics.median(bare)}

    def result(self, mode: Mode) -> ListLoopResult:
        """What the rounds so far say. Raises ValueError before the first."""
        bare = [statistics.median(places) for places in self._rounds[mode, "bare"]]
        return ListLoopResult(
            bare=median_estimate(bare),
            dependent_load=_added(self._rounds[mode, "indirect"]),
            trylock_pair=_added(self._rounds[mode, "try_locked"]),
        )


def _added(rounds: Sequence[Sequence[float]]) -> Added:
    places = sorted(ns for of_round in rounds for ns in of_round)
    cut = round((1 - SPREAD) / 2 * (len(places) - 1))
    return Added(
        estimate=median_estimate([statistics.median(of_round) for of_round in rounds]),
        low_place_ns=places[cut],
        high_place_ns=places[len(places) - 1 - cut],
    )
