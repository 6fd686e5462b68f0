"""Drains by exchanging each CPU's lists and freeing the old ones once no reader can see them."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy


class RcuSwap(Strategy):
    """Swap every CPU's list pointer, wait for readers with RCU, free the old lists from afar.

    The lists are found through a pointer, so every allocation and free loads once more and
    passes a compiler barrier; it takes no lock. ``bytes_per_cpu_zone``: a second set of 15 lists
    with its count and the two pointers (528 instead of 256 bytes on 64-bit).
    """

    name = "rcu-swap"
    summary = "swap the list pointer, wait for RCU readers, free remotely (proposed October 2021)"
    source = "LKML 2021-10-08, RFC 0/3 mm/page_alloc: Remote per-cpu lists drain support"
    historical = ()
    access = ListAccess(mask="irqs_off", lock="none", indirections=1)
    mutex = "trylock"
    list_sets = 2
    bytes_per_cpu_zone = 272

    expedited: bool = param(
        True, help="Wait with synchronize_rcu_expedited (IPIs) rather than synchronize_rcu (ticks)."
    )

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        if not cpus:
            return
        swapped = yield d.swap_lists(cpus)
        yield d.synchronize_rcu(expedited=self.expedited)
        yield d.free_lists(swapped)
