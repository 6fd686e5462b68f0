"""Drains by taking each CPU's list lock from afar, as Linux does since 6.2."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy


class SpinlockTrylock(Strategy):
    """Every CPU's lists have a spinlock; their owner only tries it, the drain takes it.

    An owner that meets a drain goes to the buddy lists for this one call. Interrupts stay on.
    ``bytes_per_cpu_zone``: the lock and its padding in the header of the structure.
    """

    name = "spinlock-trylock"
    summary = "a spinlock per CPU's lists, tried by the owner, taken by the drain (Linux 6.2)"
    source = "mm/page_alloc.c:drain_pages_zone, pcp_spin_trylock, v6.2 (from the series of 2022)"
    historical = ("v6.1.y", "v6.2", "v6.7", "v6.12.y", "v6.18", "v7.2")
    access = ListAccess(mask="preempt_off", lock="trylock", on_busy="buddy")
    mutex = "trylock"
    bytes_per_cpu_zone = 8

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        for cpu in cpus:
            yield d.drain_remote(cpu)
