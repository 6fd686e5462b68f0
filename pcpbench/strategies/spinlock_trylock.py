"""Drains by taking each CPU's list lock from afar, as Linux does since 6.2."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy

AS_THE_KERNEL = -1


class SpinlockTrylock(Strategy):
    """Every CPU's lists have a spinlock; their owner only tries it, the drain takes it.

    An owner that meets a drain goes to the buddy lists for this one call. Interrupts stay on.
    The preset v6.1.y is Debian's 6.1.176, which has this as a backport; mainline 6.1 is
    ``spinlock-irqsave``. ``bytes_per_cpu_zone``: the lock and its padding in the header of the
    structure.
    """

    name = "spinlock-trylock"
    summary = "a spinlock per CPU's lists, tried by the owner, taken by the drain (Linux 6.2)"
    source = "mm/page_alloc.c:drain_pages_zone, pcp_spin_trylock, v6.2 (from the series of 2022)"
    historical = ("v6.1.y", "v6.2", "v6.7", "v6.12.y", "v6.18", "v7.2")
    access = ListAccess(mask="preempt_off", lock="trylock", on_busy="buddy")
    mutex = "trylock"
    bytes_per_cpu_zone = 8

    hold_batches: int = param(
        AS_THE_KERNEL,
        ge=AS_THE_KERNEL,
        le=1024,
        help="Most batches freed in one hold of a list lock; 0: all, as 6.2 to 6.9 do; -1: as the "
        "kernel preset says (32 in 6.12).",
    )

    def drain_all(self, d: Drain) -> DrainSteps:
        batches = self.hold_batches
        if batches == AS_THE_KERNEL:
            batches = d.machine.drain_hold_batches or 0
        most_pages = batches * d.machine.batch_pages or None
        cpus = yield d.scan_counts()
        for cpu in cpus:
            yield d.drain_remote(cpu, pages_per_hold=most_pages)
