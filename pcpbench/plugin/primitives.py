"""Names the primitives a drain may yield; each is carried out by the core in simulated time.

Strategies get them from the methods of ``Drain`` and ``Target``, which say what each does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

YIELD_FIRST = "write `result = yield d.scan_counts()`, likewise for other primitives"


@dataclass(frozen=True, slots=True)
class Primitive:
    """Base of everything a strategy may yield."""

    def __iter__(self) -> Iterator[NoReturn]:
        """Raises TypeError: whoever goes through a primitive has forgotten its ``yield``."""
        raise TypeError(f"{type(self).__name__} has no result before it is yielded: {YIELD_FIRST}")


@dataclass(frozen=True, slots=True)
class ScanCounts(Primitive):
    """Result: tuple of the CPUs with pages."""


@dataclass(frozen=True, slots=True)
class Swapped:
    """The list sets that one SwapLists took out of use. ``cpus``: whose they are."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SwapLists(Primitive):
    """Result: ``Swapped``."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SynchronizeRcu(Primitive):
    """Result: None."""

    expedited: bool


@dataclass(frozen=True, slots=True)
class FreeLists(Primitive):
    """Result: pages freed (int)."""

    swapped: Swapped


@dataclass(frozen=True, slots=True)
class DrainRemote(Primitive):
    """Result: pages freed (int). ``pages_per_hold``: None frees all in one hold."""

    cpu: int
    pages_per_hold: int | None


@dataclass(frozen=True, slots=True)
class Works:
    """Work items queued by one QueueWork, one per CPU."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class QueueWork(Primitive):
    """Result: ``Works``."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FlushWork(Primitive):
    """Result: None."""

    works: Works


@dataclass(frozen=True, slots=True)
class SendIpi(Primitive):
    """Result: None."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AtKernelEntry(Primitive):
    """Result: None."""

    cpus: tuple[int, ...]
    within_ns: int | None


@dataclass(frozen=True, slots=True)
class RunFor(Primitive):
    """Result: None."""

    cpu: int


@dataclass(frozen=True, slots=True)
class FreeAtNoCost(Primitive):
    """Result: pages freed (int)."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class All(Primitive):
    """Result: tuple of the parts' results."""

    parts: tuple[Primitive, ...]


@dataclass(frozen=True, slots=True)
class DrainLocal(Primitive):
    """Result: pages freed (int)."""
