"""All built-in strategies keep the rules, and each broken rule is found."""

from __future__ import annotations

from typing import ClassVar

import pytest

from pcpbench.plugin import ListAccess, Strategy
from pcpbench.plugin.primitives import FreeLists, Swapped
from pcpbench.strategies.builtin import BUILT_IN
from pcpbench.testing import STRATEGY_CHECKS, ConformanceError, check_strategy
from pcpbench.testing.cells import run_watched, strategy_cell

STRATEGIES = {strategy.name: strategy for strategy in BUILT_IN}
CHECKS = {check.name: check for check in STRATEGY_CHECKS}
NAMES = [strategy.name for strategy in BUILT_IN]


@pytest.mark.parametrize("check", STRATEGY_CHECKS, ids=str)
@pytest.mark.parametrize("strategy", BUILT_IN, ids=NAMES)
def test_the_built_ins_keep_every_rule(strategy, check):
    check(strategy)


class Broken(Strategy):
    """Breaks a rule."""

    name = "broken"
    summary = "breaks a rule"
    source = "this test"
    access = ListAccess(mask="preempt_off", lock="trylock", on_busy="buddy")
    bytes_per_cpu_zone = 8


class SkipsTheLast(Broken):
    def drain_all(self, d):
        cpus = yield d.scan_counts()
        for cpu in cpus[:-1]:
            yield d.drain_remote(cpu)


class DoesNothing(Broken):
    def drain_all(self, d):
        yield d.scan_counts()


class DefersWhenForced(Broken):
    access = ListAccess(mask="irqs_off")

    def limbo_ns(self):
        return 30_000_000

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        yield d.at_kernel_entry(cpus, within_ns=10_000_000)

    def on_target(self, t):
        yield t.drain_local()


class Silent(Broken):
    source = ""


class CountsNoMemory(SkipsTheLast):
    bytes_per_cpu_zone = 0


class LocksSometimes(SkipsTheLast):
    """Its class attribute has no lock, its access on some machines has."""

    access = ListAccess()
    bytes_per_cpu_zone = 0

    def access_on(self, machine):
        return ListAccess(lock="spin") if machine.isolated else self.access


class LocksFrees(SkipsTheLast):
    access = ListAccess()
    free_access = ListAccess(lock="spin")
    bytes_per_cpu_zone = 0


class KnowsOneZone(Broken):
    def drain_all(self, d):
        if d.zone in (0, None):
            for cpu in range(d.machine.cpus):
                yield d.drain_remote(cpu)


class WaitsTooLong(DefersWhenForced):
    def drain_all(self, d):
        cpus = yield d.scan_counts()
        if d.force:
            yield d.send_ipi(cpus)
        else:
            yield d.at_kernel_entry(cpus, within_ns=None)


class Remembers(Broken):
    drains: ClassVar[int] = 0

    def drain_all(self, d):
        Remembers.drains += 1
        cpus = yield d.scan_counts()
        # The first cell has both orders, whatever the number of its drains; later ones have one.
        for cpu in cpus if Remembers.drains > 10 else reversed(cpus):
            yield d.drain_remote(cpu)


class WaitsForEver(Broken):
    def drain_all(self, d):
        cpus = yield d.scan_counts()
        while cpus or d.initiator >= 0:
            yield d.synchronize_rcu(expedited=False)


@pytest.mark.parametrize(
    ("strategy", "check", "problem"),
    [
        (SkipsTheLast, "emptied", "missed.*visit every CPU"),
        (DoesNothing, "emptied", "missed"),
        (DefersWhenForced, "lists-off", "a forced drain.*where d.force is set"),
        (Silent, "declared", "Silent.source is empty"),
        (CountsNoMemory, "memory", "at least 4"),
        (LocksSometimes, "memory", "at least 4"),
        (LocksFrees, "memory", "at least 4"),
        (KnowsOneZone, "machines", "with a zone on each of two nodes, with the load .* missed"),
        (WaitsTooLong, "emptied", "within its limbo_ns of 30,000,000 ns: set a bound"),
        (Remembers, "deterministic", "the same cell gave other numbers"),
        (WaitsForEver, "storm", "had not ended"),
    ],
)
def test_a_broken_rule_is_found(strategy, check, problem):
    with pytest.raises(ConformanceError, match=problem):
        CHECKS[check](strategy)


class SwapsUnseen(Broken):
    """No grace period waits for its sections."""

    access = ListAccess(mask="none")
    list_sets = 2

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        swapped = yield d.swap_lists(cpus)
        yield d.synchronize_rcu(expedited=True)
        yield d.free_lists(swapped)


class FreesBeforeTheEnd(SwapsUnseen):
    access = ListAccess(mask="irqs_off")

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        swapped = yield d.swap_lists(cpus)
        yield d.free_lists(swapped)


class WaitsBeforeTheSwap(FreesBeforeTheEnd):
    def drain_all(self, d):
        cpus = yield d.scan_counts()
        yield d.synchronize_rcu(expedited=True)
        swapped = yield d.swap_lists(cpus)
        yield d.free_lists(swapped)


class WaitsBesideTheSwap(FreesBeforeTheEnd):
    """The grace period ends after the swap, but begins no later."""

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        _, swapped = yield d.all([d.synchronize_rcu(expedited=False), d.swap_lists(cpus)])
        yield d.free_lists(swapped)


class FreesAnotherDrainsSwap(FreesBeforeTheEnd):
    mutex = "none"

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        swapped = yield d.swap_lists(cpus)
        yield d.synchronize_rcu(expedited=True)
        yield FreeLists(Swapped(tuple(range(d.machine.cpus))))
        yield d.free_lists(swapped)


class InterruptsUnderLocks(Broken):
    """A handler takes the lock that the task it interrupted takes next."""

    access = ListAccess(mask="irqs_off", lock="spin")

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        yield d.send_ipi(cpus)

    def on_target(self, t):
        yield t.drain_local()


class InterruptsAndWorks(InterruptsUnderLocks):
    """A handler meets a kworker at its end."""

    mutex = "none"

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        if d.initiator % 2:
            yield d.send_ipi(cpus)
        else:
            works = yield d.queue_work(cpus)
            yield d.flush_work(works)


@pytest.mark.parametrize("check", STRATEGY_CHECKS, ids=str)
@pytest.mark.parametrize("strategy", [InterruptsUnderLocks, InterruptsAndWorks])
def test_handlers_wait_for_no_lock_of_the_task_they_interrupted(strategy, check):
    check(strategy)


class MasksNothing(Broken):
    access = ListAccess(mask="none")

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        works = yield d.queue_work(cpus)
        yield d.flush_work(works)

    def on_target(self, t):
        yield t.drain_local()


class InterruptsItsOwner(Broken):
    def drain_all(self, d):
        cpus = yield d.scan_counts()
        yield d.send_ipi(cpus)

    def on_target(self, t):
        yield t.drain_local()


@pytest.mark.parametrize(
    ("strategy", "problem"),
    [
        (SwapsUnseen, "no grace period waits"),
        (FreesBeforeTheEnd, "no grace period has passed"),
        (WaitsBeforeTheSwap, "no grace period has passed"),
        (WaitsBesideTheSwap, "no grace period has passed"),
        (FreesAnotherDrainsSwap, "swap"),
        (InterruptsItsOwner, "needs an access with irqs_off"),
        (MasksNothing, "may preempt its own CPU"),
    ],
)
def test_what_would_corrupt_a_kernel_is_an_error_by_rule(strategy, problem):
    with pytest.raises(ConformanceError, match=problem):
        CHECKS["storm"](strategy)


def overlapping(records):
    """Pairs of drains of which one was asked for before the other had ended."""
    return [
        (one, other)
        for number, one in enumerate(records)
        for other in records[number + 1 :]
        if one.asked_ns < other.ended_ns and other.asked_ns < one.ended_ns
    ]


def loaded(strategy, load):
    strategy = STRATEGIES[strategy]
    cell = strategy_cell(strategy, f"conform-{load}", drains_per_s=1_000.0)
    result, records = run_watched(strategy, cell)
    return result.counters, records


@pytest.mark.parametrize(
    ("strategy", "load"),
    [("ipi", "storm"), ("ipi", "refills"), ("workqueue", "one-zone"), ("spinlock", "lists-off")],
)
def test_drains_run_or_wait_at_the_same_time_under_the_loads_meant_for_it(strategy, load):
    _, records = loaded(strategy, load)
    assert len(overlapping(records)) > 0


def test_a_drain_that_meets_another_is_skipped_for_the_mutex():
    counters, _ = loaded("workqueue", "storm")
    assert counters["drain_skipped"] > 0


def test_drains_meet_cpus_in_the_middle_of_refills():
    counters, records = loaded("spinlock-trylock", "refills")
    during_ns = sum(record.ended_ns - record.asked_ns for record in records)
    # At the mean rate of refills so many happen while a drain is going on.
    assert counters["refills"] * during_ns / (counters["window_ps"] / 1000) > 100


def test_lists_are_turned_off_while_others_drain():
    _, records = loaded("spinlock", "lists-off")
    assert any(one.forced != other.forced for one, other in overlapping(records))


def test_every_check_says_what_it_promises_and_what_it_found():
    outcomes = check_strategy(SkipsTheLast)
    assert [outcome.check for outcome in outcomes] == [check.name for check in STRATEGY_CHECKS]
    assert all(outcome.promise for outcome in outcomes)
    failed = {outcome.check for outcome in outcomes if not outcome.passed}
    assert {"emptied", "storm"} <= failed
    assert "declared" not in failed
