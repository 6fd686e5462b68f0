"""Has nothing to drain: every page comes from the zone and goes back to it."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy


class NoPcp(Strategy):
    """No CPU has lists of its own; each allocation and free takes the zone lock.

    The bound on what the lists are worth: no drain costs anything, everything else does. It is
    what zone_pcp_disable leaves, for ever. ``bytes_per_cpu_zone`` is 0: a kernel without the lists
    would save 256 bytes, which is not credited.
    """

    name = "no-pcp"
    summary = "no per-CPU lists: every call takes the zone lock (what the lists are worth)"
    source = "mm/page_alloc.c:rmqueue_buddy, free_one_page (a bound; no kernel runs so by default)"
    historical = ()
    access = ListAccess(mask="none", lock="none")
    uses_lists = False
    mutex = "none"

    def drain_all(self, d: Drain) -> DrainSteps:
        yield from ()
