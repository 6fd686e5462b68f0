"""Decides what the two sides of a drain may ask the core for, and what they are told.

A strategy's ``drain_all(self, d)`` and ``on_target(self, t)`` are generators in the manner of
SimPy. ``d`` and ``t`` build primitives (pcpbench.plugin.primitives); ``yield`` hands one to the
core, and the value of the ``yield`` expression is the primitive's result. Nothing that costs time
is a plain call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pcpbench.plugin.primitives import (
    All,
    AtKernelEntry,
    DrainLocal,
    DrainRemote,
    FlushWork,
    FreeAtNoCost,
    FreeLists,
    Primitive,
    QueueWork,
    RunFor,
    ScanCounts,
    SendIpi,
    SwapLists,
    Swapped,
    SynchronizeRcu,
    Works,
)

Context = Literal["kworker", "interrupt", "kernel entry", "remote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """What a strategy may know of the machine it runs on.

    ``isolated``: CPU numbers. ``nohz_full``: whether those were booted without a tick.
    ``batch_pages``: pages a list moves at a time. ``drain_hold_batches``: most batches that this
    kernel frees in one hold of a list lock, None without a limit.
    """

    cpus: int
    isolated: tuple[int, ...]
    nohz_full: bool
    batch_pages: int
    drain_hold_batches: int | None


class Drain:
    """What a drain was asked to do, and the primitives its initiator may yield.

    ``zone``: index of the zone to drain, None for all. ``force``: visit CPUs whose lists look
    empty too, and leave nothing for later. ``initiator``: the CPU whose task asked. ``machine``:
    where all this happens.
    """

    __slots__ = ("force", "initiator", "machine", "zone")

    def __init__(
        self, *, initiator: int, zone: int | None, force: bool, machine: MachineFacts
    ) -> None:
        self.initiator = initiator
        self.zone = zone
        self.force = force
        self.machine = machine

    def scan_counts(self) -> ScanCounts:
        """Which CPUs hold pages (with ``force``: all)? One read of a possibly remote cache line
        per CPU and zone. Result: their numbers, a tuple."""
        return ScanCounts()

    def swap_lists(self, cpus: Iterable[int]) -> SwapLists:
        """Exchange live and spare list set of each CPU. Result: ``Swapped``, for free_lists.
        Needs ``list_sets = 2`` on the strategy, and sections that grace periods wait for."""
        return SwapLists(_several("swap_lists", cpus))

    def synchronize_rcu(self, *, expedited: bool) -> SynchronizeRcu:
        """Sleep for a grace period: an expedited one (IPIs) or a normal one (ticks)."""
        return SynchronizeRcu(expedited)

    def free_lists(self, swapped: Swapped) -> FreeLists:
        """Free swapped-out lists. Result: pages freed. Before a grace period that began after
        the swap has ended it is an error."""
        return FreeLists(swapped)

    def drain_remote(self, cpu: int, pages_per_hold: int | None = None) -> DrainRemote:
        """Free a CPU's lists under their lock, from here: in each zone spin for it, free, let go.
        Result: pages freed. Needs an ``access`` with a lock. ``pages_per_hold``: most pages freed
        in one hold, with as many holds as it takes until the list is empty; None: all in one."""
        return DrainRemote(cpu, pages_per_hold)

    def queue_work(self, cpus: Iterable[int]) -> QueueWork:
        """Queue ``on_target`` as work bound to each CPU (mm_percpu_wq). Result: ``Works``."""
        return QueueWork(_several("queue_work", cpus))

    def flush_work(self, works: Works) -> FlushWork:
        """Sleep until the works have run."""
        return FlushWork(works)

    def send_ipi(self, cpus: Iterable[int]) -> SendIpi:
        """Run ``on_target`` on each CPU in an interrupt; spin until all handlers are done."""
        return SendIpi(_several("send_ipi", cpus))

    def at_kernel_entry(self, cpus: Iterable[int], within_ns: int | None) -> AtKernelEntry:
        """Flag each CPU: it runs ``on_target`` when it next enters the kernel. Does not wait.
        ``within_ns``: one that has not by then gets an IPI; None: it may take for ever. A flag
        that is set stays as it is, for the zone and the bound it was set for."""
        return AtKernelEntry(_several("at_kernel_entry", cpus), within_ns)

    def run_for(self, cpu: int) -> RunFor:
        """Run ``on_target`` for that CPU, but here, under its list lock. Needs a lock."""
        return RunFor(cpu)

    def free_at_no_cost(self, cpus: Iterable[int]) -> FreeAtNoCost:
        """Free the lists in no time, which no kernel can do: for bounds. Result: pages freed."""
        return FreeAtNoCost(_several("free_at_no_cost", cpus))

    def all(self, primitives: Iterable[Primitive]) -> All:
        """Carry out several primitives side by side, each in a task of its own on this CPU: what
        they wait for overlaps. Result: a tuple of their results."""
        return All(tuple(primitives))


class Target:
    """The target side of a drain: code for the CPU whose lists are drained.

    ``cpu``: whose lists. ``zone``: as in ``Drain``. ``context``: "kworker", "interrupt" and
    "kernel entry" run on that CPU, "remote" runs on the initiator's under the list lock.
    """

    __slots__ = ("context", "cpu", "zone")

    def __init__(self, *, cpu: int, zone: int | None, context: Context = "kworker") -> None:
        self.cpu = cpu
        self.zone = zone
        self.context = context

    def drain_local(self) -> DrainLocal:
        """Free this CPU's lists: in each zone interrupts off, spin for the list lock if the
        access has one, free all in one hold. Costs what these cost, and the header's line if it
        is elsewhere. Result: pages freed. In a kworker it needs a mask or a lock, in an interrupt
        ``irqs_off``."""
        return DrainLocal()


def _several(name: str, cpus: Iterable[int]) -> tuple[int, ...]:
    if isinstance(cpus, int):
        raise TypeError(f"{name} takes several CPUs, not {cpus}: write [{cpus}]")
    return tuple(cpus)
