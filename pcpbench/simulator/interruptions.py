"""Decides what is kept of the moments at which isolated CPUs were interrupted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from pcpbench.metrics.raw import CAUSES, MECHANISMS


class Interruption(NamedTuple):
    """Time that an isolated CPU's task lost; ``start_ps`` from the start of the simulation."""

    cpu: int
    start_ps: int
    length_ps: int
    mechanism: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruptions:
    """The first interruptions of each isolated CPU within the measured time, CPU by CPU.

    ``seen``: (CPU, how many there were), those beyond the kept ones too.
    """

    seen: tuple[tuple[int, int], ...] = ()
    kept: tuple[Interruption, ...] = ()


def interruptions_of(simulation: Any) -> Interruptions:
    """The interruptions of isolated CPUs that the core has kept."""
    found = simulation.interruptions()
    kept = [
        Interruption(cpu, start, length, MECHANISMS[mechanism], CAUSES[cause])
        for cpu, (_, pieces) in found.items()
        for start, length, mechanism, cause in pieces
    ]
    seen = tuple((cpu, count) for cpu, (count, _) in found.items())
    return Interruptions(seen=seen, kept=tuple(kept))
