"""Drains by taking each CPU's list lock from afar with interrupts off, as Linux 6.0 and 6.1 did."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy


class SpinlockIrqsave(Strategy):
    """The lists' owner tries their lock with interrupts off; busy, it goes to the buddy lists.

    Only a free of a whole list of pages spins for the lock. The drain takes it and frees the
    whole list in one hold. ``bytes_per_cpu_zone``: the lock, 8 bytes with padding, in the header.
    """

    name = "spinlock-irqsave"
    summary = "a spinlock per CPU's lists, tried with interrupts off (Linux 6.0, mainline 6.1)"
    source = "mm/page_alloc.c:pcp_spin_trylock_irqsave, drain_pages_zone, v6.0"
    historical = ("v6.0",)
    access = ListAccess(mask="irqs_off", lock="trylock", on_busy="buddy")
    list_free_access = ListAccess(mask="irqs_off", lock="spin")
    mutex = "trylock"
    bytes_per_cpu_zone = 8

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        for cpu in cpus:
            yield d.drain_remote(cpu)
