"""Drains housekeeping CPUs by workqueue and isolated ones at their next entry into the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin import Drain, DrainSteps, ListAccess, Strategy, Target, hookimpl, param


class SplitDrain(Strategy):
    """The initiator waits for the CPUs that may be disturbed, and only flags the others.

    Housekeeping CPUs get work, as on Linux 5.15. Isolated CPUs get a flag, which they see when
    they next enter the kernel; after ``within`` an interrupt brings them there. Work and flags go
    out side by side (``d.all``). A forced drain interrupts the isolated CPUs at once. It adds no
    memory but a bit.
    """

    name = "split-drain"
    summary = "workqueue for housekeeping CPUs, kernel entry for isolated ones"
    source = "an example for writers of plugins; nobody proposed it"
    access = ListAccess(mask="irqs_off", lock="none")

    within: int = param(
        50_000_000,
        unit="ns",
        ge=1_000,
        le=2_000_000_000,
        help="Longest deferral of a CPU.",
    )

    def limbo_ns(self) -> int:
        return self.within + 20_000_000

    def drain_all(self, d: Drain) -> DrainSteps:
        cpus = yield d.scan_counts()
        isolated = [cpu for cpu in cpus if cpu in d.machine.isolated]
        others = [cpu for cpu in cpus if cpu not in d.machine.isolated]
        works = yield d.queue_work(others)
        if d.force or d.zone is not None:
            yield d.all([d.flush_work(works), d.send_ipi(isolated)])
        else:
            yield d.all([d.flush_work(works), d.at_kernel_entry(isolated, within_ns=self.within)])

    def on_target(self, t: Target) -> DrainSteps:
        yield t.drain_local()


@hookimpl
def pcpbench_strategies() -> Sequence[type[Strategy]]:
    return [SplitDrain]
