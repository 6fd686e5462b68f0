"""Drains under a lock per CPU that exists only where nohz_full asks for it (September 2021)."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain, MachineFacts
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists


class StaticKeySpinlock(Strategy):
    """A static key chooses: off, everything is as in v5.15; on, each CPU's lists have a spinlock.

    The key is turned on at boot if there are nohz_full CPUs. Off, everybody pays a patched branch
    and drains queue work. On, a CPU takes its own lock with interrupts off (one lock for all its
    zones), and the drain takes each CPU's lock in turn and frees from afar; the LRU batches are
    drained the same way. ``bytes_per_cpu``: the locks of the lists and of two groups of LRU
    batches, 4 bytes each.
    """

    name = "static-key-spinlock"
    summary = "a spinlock per CPU behind a static key that nohz_full turns on (September 2021)"
    source = "LKML 2021-09-21, 20210921161323.607817, v2 remote per-CPU cache access"
    historical = ()
    access = ListAccess(mask="irqs_off", lock="none", static_branches=1)
    mutex = "trylock"
    bytes_per_cpu = 12
    drains_lru = True

    key: str = param(
        "auto", choices=("auto", "on", "off"), help="auto: on where there are nohz_full CPUs."
    )

    def access_on(self, machine: MachineFacts) -> ListAccess:
        if not self._is_on(machine):
            return self.access
        return ListAccess(mask="irqs_off", lock="spin", static_branches=1, lock_scope="cpu")

    def _is_on(self, machine: MachineFacts) -> bool:
        if self.key != "auto":
            return self.key == "on"
        return machine.nohz_full and bool(machine.isolated)

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        if self._is_on(d.machine):
            for cpu in cpus:
                yield d.drain_remote(cpu)
        else:
            works = yield d.queue_work(cpus)
            yield d.flush_work(works)

    on_target = drain_own_lists
