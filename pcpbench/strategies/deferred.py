"""Drains by a flag that each CPU sees when it next enters the kernel."""

from __future__ import annotations

from pcpbench.plugin.drain import Drain
from pcpbench.plugin.parameters import param
from pcpbench.plugin.strategy import DrainSteps, ListAccess, Strategy, drain_own_lists

# What an IPI and an interrupt-off flush of full lists take at most, behind other interrupts.
SLACK_NS = 20_000_000


class Deferred(Strategy):
    """Flag the CPUs that hold pages; each empties its lists at its next entry into the kernel.

    The initiator does not wait, and does not get those pages now. A CPU in user mode is not
    disturbed unless it stays there for ``within``: then an IPI brings it into the kernel. What a
    CPU does at its own entry is no interruption, but its call takes longer: look at its allocation
    latency as well. A forced drain (``zone_pcp_disable``) and one for a single zone need the pages
    now and interrupt at once. Deferral of IPIs to kernel entry is proposed for other work, not for
    page lists: everywhere this runs transplanted. It adds no memory but a bit.
    """

    name = "deferred"
    summary = "a flag: each CPU empties its own lists when it next enters the kernel, with a bound"
    source = (
        "model on V. Schneider's deferral of IPIs to kernel entry (RFC v8, 2026) and F. "
        "Weisbecker's isolated_task_work; cover letters only"
    )
    historical = ()
    access = ListAccess(mask="irqs_off", lock="none")
    mutex = "trylock"

    within: int = param(
        100_000_000,
        unit="ns",
        ge=1_000,
        le=60_000_000_000,
        help="A CPU that has not entered the kernel for so long is interrupted.",
    )

    def limbo_ns(self) -> int:
        return self.within + SLACK_NS

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        if d.force or d.zone is not None:
            yield d.send_ipi(cpus)
        else:
            yield d.at_kernel_entry(cpus, within_ns=self.within)

    on_target = drain_own_lists
