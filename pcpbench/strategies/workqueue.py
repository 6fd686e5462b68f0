"""Drains by queuing work on every CPU that holds pages, as Linux did from 4.11 to 5.19."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists


class Workqueue(Strategy):
    """Each CPU empties its own lists, interrupts off; the initiator sleeps until all have.

    Came in 4.11, when drains began to be called from contexts where interrupting everybody was
    too much. A CPU that holds pages gets a reschedule interrupt, a switch to its kworker and one
    back. Behind a busy task of a real-time priority the kworker starves, and the drain with it.
    It adds no memory: the work items exist once per CPU.
    """

    name = "workqueue"
    summary = "work queued on every CPU that holds pages (Linux 4.11 to 5.19)"
    source = "mm/page_alloc.c:__drain_all_pages, drain_local_pages_wq, v5.15"
    historical = ("v5.10.y", "v5.15")
    # v5.15 masks interrupts through a local lock, which is no atomic outside PREEMPT_RT.
    access = ListAccess(mask="irqs_off", lock="none")
    mutex = "trylock"

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        works = yield d.queue_work(cpus)
        yield d.flush_work(works)

    on_target = drain_own_lists
