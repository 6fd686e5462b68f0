"""Drains by exchanging lists like ``rcu-swap``, but waits for a normal grace period."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy


class RcuSwapV2(Strategy):
    """The second version of ``rcu-swap``: synchronize_rcu instead of the expedited one.

    No CPU is interrupted on behalf of the grace period; the initiator sleeps for jiffies instead
    of microseconds, and until then nobody gets the pages in limbo. Fast path and
    ``bytes_per_cpu_zone`` are those of ``rcu-swap``.
    """

    name = "rcu-swap-v2"
    summary = "swap the list pointer, wait for a normal grace period, free remotely (February 2022)"
    source = "LKML 2022-02-08, 20220208100750.1189808, mm/page_alloc: Remote per-cpu lists drain"
    historical = ()
    access = ListAccess(mask="irqs_off", lock="none", indirections=1)
    mutex = "trylock"
    list_sets = 2
    bytes_per_cpu_zone = 272

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        if not cpus:
            return
        swapped = yield d.swap_lists(cpus)
        yield d.synchronize_rcu(expedited=False)
        yield d.free_lists(swapped)
