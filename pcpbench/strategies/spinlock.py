"""Drains by taking a lock that every CPU takes for each of its own calls too (November 2021)."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists


class Spinlock(Strategy):
    """Every allocation and free takes its list's spinlock with interrupts off; so does the drain.

    No CPU is interrupted, but one that calls the allocator during a drain of its lists spins with
    interrupts off until they are empty. The series reported 0 to 0.6 % on x86 and 1 to 2 % on a
    ThunderX2 for the lock. ``bytes_per_cpu_zone``: the lock and its padding at the structure's end.
    """

    name = "spinlock"
    summary = "a spinlock per CPU and zone, taken by owner and drain alike (November 2021)"
    source = (
        "LKML 2021-11-03, 20211103170512.2745765, mm/page_alloc: Remote per-cpu page list drain"
    )
    historical = ()
    access = ListAccess(mask="irqs_off", lock="spin")
    mutex = "trylock"
    bytes_per_cpu_zone = 8

    remote: bool = param(
        True,
        help="Drain from afar, as the whole series does; false: by works on the CPUs, as its "
        "second patch of three does, which has the locks already.",
    )

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        if not self.remote:
            works = yield d.queue_work(cpus)
            yield d.flush_work(works)
            return
        for cpu in cpus:
            yield d.drain_remote(cpu)

    on_target = drain_own_lists
