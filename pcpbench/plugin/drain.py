"""Names the primitives a drain may yield; each is carried out by the core in simulated time.

A strategy's ``drain_all(self, d)`` and ``on_target(self, t)`` are generators in the manner of
SimPy. ``d`` and ``t`` build primitives; ``yield`` hands one to the core, and the value of the
``yield`` expression is the primitive's result. Nothing that costs time is a plain call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Primitive:
    """Base of everything a strategy may yield."""


@dataclass(frozen=True, slots=True)
class ScanCounts(Primitive):
    """Read each online CPU's list counts in the zones asked for; result: tuple of CPUs with
    pages."""


@dataclass(frozen=True, slots=True)
class SwapLists(Primitive):
    """Exchange the live and the spare list set of each CPU in each zone; result: ``Swapped``."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SynchronizeRcu(Primitive):
    """Sleep until every reader that may have seen an old pointer has finished; result: None."""

    expedited: bool


@dataclass(frozen=True, slots=True)
class Swapped:
    """The list sets that one SwapLists took out of use. ``cpus``: whose they are."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FreeLists(Primitive):
    """Free the pages of swapped-out list sets under the zone lock; result: pages freed (int)."""

    swapped: Swapped


@dataclass(frozen=True, slots=True)
class DrainRemote(Primitive):
    """Take one CPU's list lock and free its lists from here; result: pages freed (int).

    ``pages_per_hold``: most pages freed per hold of the list lock; None frees all in one hold.
    """

    cpu: int
    pages_per_hold: int | None


@dataclass(frozen=True, slots=True)
class QueueWork(Primitive):
    """Queue ``on_target`` on each CPU's kworker; result: ``Works``."""

    cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Works:
    """Work items queued by one QueueWork, one per CPU."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FlushWork(Primitive):
    """Sleep until every given work item has run; result: None."""

    works: Works


@dataclass(frozen=True, slots=True)
class DrainLocal(Primitive):
    """Free the lists of the CPU this runs on; result: pages freed (int)."""


class Drain:
    """What a drain was asked to do, and the primitives its initiator may yield.

    ``zone``: index of the zone to drain, None for all. ``force``: visit CPUs whose lists look
    empty too. ``initiator``: the CPU whose task asked.
    """

    __slots__ = ("force", "initiator", "zone")

    def __init__(self, *, initiator: int, zone: int | None, force: bool) -> None:
        self.initiator = initiator
        self.zone = zone
        self.force = force

    def scan_counts(self) -> ScanCounts:
        """Which CPUs hold pages? One read of a possibly remote cache line per CPU and zone."""
        return ScanCounts()

    def swap_lists(self, cpus: Iterable[int]) -> SwapLists:
        """Exchange live and spare list sets; needs ``list_sets = 2`` on the strategy."""
        return SwapLists(tuple(cpus))

    def synchronize_rcu(self, *, expedited: bool) -> SynchronizeRcu:
        """Wait for a grace period, an expedited one (IPIs) or a normal one (ticks)."""
        return SynchronizeRcu(expedited)

    def free_lists(self, swapped: Swapped) -> FreeLists:
        """Free swapped-out lists. Before a grace period begun after the swap it is an error."""
        return FreeLists(swapped)

    def drain_remote(self, cpu: int, *, pages_per_hold: int | None = None) -> DrainRemote:
        """Free another CPU's lists under its list lock; needs an ``access`` with a lock."""
        return DrainRemote(cpu, pages_per_hold)

    def queue_work(self, cpus: Iterable[int]) -> QueueWork:
        """Queue ``on_target`` as work bound to each CPU (mm_percpu_wq)."""
        return QueueWork(tuple(cpus))

    def flush_work(self, works: Works) -> FlushWork:
        """Wait, asleep, until the works have run."""
        return FlushWork(works)


class Target:
    """The target side of a drain: code that runs on the CPU whose lists are drained."""

    __slots__ = ("cpu", "zone")

    def __init__(self, *, cpu: int, zone: int | None) -> None:
        self.cpu = cpu
        self.zone = zone

    def drain_local(self) -> DrainLocal:
        """Free this CPU's lists, interrupts off per zone."""
        return DrainLocal()
