"""Drains by interrupting every CPU that holds pages, as Linux did until 4.10."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists


class Ipi(Strategy):
    """Each CPU empties its lists in an interrupt handler; the initiator spins until all have.

    Nothing sleeps and no kworker can starve, but the interrupt lasts for the whole flush, and all
    targets meet at the zone lock at once. There is no mutex: drains of several CPUs overlap.
    It adds no memory. On today's kernels it runs transplanted.
    """

    name = "ipi"
    summary = "an interrupt to every CPU that holds pages (Linux until 4.10)"
    source = (
        "mm/page_alloc.c:drain_all_pages with on_each_cpu_mask; replaced in 4.11 (LKML 2017-01)"
    )
    historical = ()
    access = ListAccess(mask="irqs_off", lock="none")
    mutex = "none"

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        yield d.send_ipi(cpus)

    on_target = drain_own_lists
