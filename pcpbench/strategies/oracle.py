"""Drains in no time and at no cost: the bound that no strategy can pass."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy


class Oracle(Strategy):
    """The lists of v5.15, emptied by nobody and in no time whenever a drain is asked for.

    What is left is what any drain causes by emptying lists: their owners refill them. The
    distance of a strategy from this one is what its mechanism costs. It adds no memory.
    """

    name = "oracle"
    summary = "the lists of v5.15 with a drain that costs nothing (the bound)"
    source = "a bound; no kernel can do it"
    historical = ()
    access = ListAccess(mask="irqs_off", lock="none")
    mutex = "none"

    def drain_all(self, d: Drain) -> DrainSteps:
        yield d.free_at_no_cost(range(d.machine.cpus))
