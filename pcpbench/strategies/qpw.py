"""Drains by running each CPU's work on the CPU that asks, under the target's lock."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain, MachineFacts
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists


class Qpw(Strategy):
    """Work written for a CPU, which with a boot option runs remotely under that CPU's spinlock.

    Option off: local locks and a workqueue, as ``workqueue``, behind a patched branch. Option on:
    every section takes the CPU's own spinlock with interrupts off, and queueing work for a CPU runs
    it here. The series converts LRU batches, SLUB and others; that the page lists would be
    done in the same way is our transplant. ``bytes_per_cpu_zone``: the lock, 8 bytes with padding.
    """

    name = "qpw"
    summary = "per-CPU work that a remote CPU may run under the owner's lock (QPW, 2024 to 2026)"
    source = "LKML: L. Bras, M. Tosatti, QPW v1 (2024) to PW v4 (May 2026); cover letters only"
    historical = ()
    access = ListAccess(mask="irqs_off", lock="spin", static_branches=1)
    mutex = "trylock"
    bytes_per_cpu_zone = 8
    drains_lru = True

    remote: bool = param(True, help="The boot option: work may run on another CPU.")

    def access_on(self, machine: MachineFacts) -> ListAccess:
        return self.access if self.remote else ListAccess(mask="irqs_off", static_branches=1)

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        if self.remote:
            for cpu in cpus:
                yield d.run_for(cpu)
        else:
            works = yield d.queue_work(cpus)
            yield d.flush_work(works)

    on_target = drain_own_lists
