"""A strategy or workload that does wrong ends its cell with one clear error."""

from __future__ import annotations

import pytest

from pcpbench.plugin.primitives import FreeLists, QueueWork
from pcpbench.plugin.strategy import ListAccess, Strategy, drain_own_lists
from pcpbench.plugin.workload import NativeStream, Workload
from pcpbench.simulator.run import run_cell


class Wrong(Strategy):
    name = "wrong"


class Raises(Wrong):
    def drain_all(self, d):
        yield d.scan_counts()
        raise KeyError("lost")


class Exits(Wrong):
    def drain_all(self, d):
        yield d.scan_counts()
        raise SystemExit(0)


class YieldsNumber(Wrong):
    def drain_all(self, d):
        yield 42


class YieldsGenerator(Wrong):
    def drain_all(self, d):
        yield d.all([self.share(d)])

    def share(self, d):
        yield d.scan_counts()


class YieldsObject(Wrong):
    def drain_all(self, d):
        yield object()


class YieldsCpuThatIsNone(Wrong):
    def drain_all(self, d):
        yield d.queue_work(["one"])


class YieldsForeignSwap(Wrong):
    def drain_all(self, d):
        yield FreeLists((1, 2))


class NoSuchCpu(Wrong):
    def drain_all(self, d):
        works = yield QueueWork((99,))
        yield d.flush_work(works)

    def on_target(self, t):
        yield t.drain_local()


class NoGenerator(Wrong):
    def drain_all(self, d):
        return [d.scan_counts()]


class NothingWritten(Wrong):
    pass


class Endless(Wrong):
    def drain_all(self, d):
        while True:
            yield d.queue_work([])

    on_target = drain_own_lists


class DrainsWithoutLock(Wrong):
    def drain_all(self, d):
        yield d.drain_remote(1)


class SwapsWithoutSpare(Wrong):
    def drain_all(self, d):
        yield d.swap_lists([1])


class FreesTooEarly(Wrong):
    list_sets = 2

    def drain_all(self, d):
        cpus = yield d.scan_counts()
        swapped = yield d.swap_lists(cpus)
        yield d.free_lists(swapped)


class ZeroPagesPerHold(Wrong):
    access = ListAccess(lock="trylock", on_busy="buddy")

    def drain_all(self, d):
        yield d.drain_remote(1, pages_per_hold=0)


class NoTarget(Wrong):
    def drain_all(self, d):
        works = yield d.queue_work([1])
        yield d.flush_work(works)


class NoTargetInAll(Wrong):
    access = ListAccess(lock="spin")

    def drain_all(self, d):
        yield d.all([d.scan_counts(), d.run_for(1)])


class ForgetsToYield(Wrong):
    def drain_all(self, d):
        for cpu in d.scan_counts():
            yield d.drain_remote(cpu)


class FlushesWhatWasNotYielded(NoTarget):
    def drain_all(self, d):
        yield d.flush_work(d.queue_work([1]))


class YieldsList(Wrong):
    def drain_all(self, d):
        yield [d.drain_remote(0), d.drain_remote(1)]


class OneCpu(Wrong):
    def drain_all(self, d):
        yield d.send_ipi(1)


class ManyCpus(Wrong):
    def drain_all(self, d):
        yield d.drain_remote((0, 1))


class HalfPages(Wrong):
    def drain_all(self, d):
        yield d.drain_remote(1, 1.5)


class Awaits(Wrong):
    async def drain_all(self, d):
        await d.scan_counts()


class WaitsForAges(Wrong):
    def limbo_ns(self):
        return 10**16

    def drain_all(self, d):
        yield d.scan_counts()


class TargetRaises(NoTarget):
    def on_target(self, t):
        yield t.drain_local()
        raise ValueError("too late")


class TargetScans(NoTarget):
    def on_target(self, t):
        yield self.d.scan_counts()

    def drain_all(self, d):
        type(self).d = d
        yield from super().drain_all(d)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (Raises, "raised KeyError: 'lost'"),
        (Exits, "raised SystemExit: 0"),
        (YieldsNumber, "yielded 42"),
        (YieldsGenerator, "yielded the generator share(); write `yield from` it"),
        (YieldsObject, "yielded <object object>; yield what"),
        (YieldsCpuThatIsNone, "queue_work takes whole numbers, not 'one'"),
        (YieldsForeignSwap, "free_lists takes the result of swap_lists"),
        (NoSuchCpu, "there is no CPU 99"),
        (NoGenerator, "returned list; it must be a generator"),
        (NothingWritten, "raised NotImplementedError"),
        (Endless, "primitives without an end"),
        (DrainsWithoutLock, "drain_remote needs an access with a lock"),
        (SwapsWithoutSpare, "swap_lists needs list_sets = 2"),
        (FreesTooEarly, "no grace period"),
        (ZeroPagesPerHold, "pages_per_hold must be at least 1"),
        (NoTarget, "queue_work runs on_target, which NoTarget lacks"),
        (NoTargetInAll, "run_for runs on_target, which NoTargetInAll lacks"),
        (ForgetsToYield, "has no result before it is yielded"),
        (FlushesWhatWasNotYielded, "write `result = yield d.queue_work(cpus)`"),
        (YieldsList, "yielded a list of primitives; write d.all([...])"),
        (OneCpu, "send_ipi takes several CPUs, not 1: write [1]"),
        (ManyCpus, "drain_remote takes whole numbers, not (0, 1); go through them"),
        (HalfPages, "drain_remote takes whole numbers, not 1.5; write int(...)"),
        (Awaits, "returned coroutine; it must be a generator"),
        (WaitsForAges, "limbo_ns gave 10000000000000000; it must be"),
        (TargetRaises, "raised ValueError: too late"),
        (TargetScans, "on_target may yield only t.drain_local()"),
    ],
)
def test_a_wrong_strategy_fails_its_cell(make_cell, with_strategy, strategy, message):
    result = run_cell(make_cell("wrong"), with_strategy(strategy))
    assert result.status == "failed"
    assert message in result.error
    assert "strategy 'wrong'" in result.error
    assert "[seed 1]" in result.error
    assert result.metrics == {} and result.page_ops == 0


@pytest.mark.parametrize(
    "strategy",
    [Raises, YieldsNumber, FreesTooEarly, TargetRaises, NoTarget, NoGenerator, ForgetsToYield],
)
def test_the_error_names_hook_cpu_place_and_simulated_time(make_cell, with_strategy, strategy):
    error = run_cell(make_cell("wrong"), with_strategy(strategy)).error
    hook = "on_target" if strategy is TargetRaises else "drain_all"
    assert f"{hook} on CPU" in error
    assert f"({__file__}:" in error
    assert " ms" in error


class Loose(Workload):
    kind = "loose"


class LooseRaises(Loose):
    def streams(self, context):
        raise ZeroDivisionError("no CPUs to divide by")


class LooseOnForeignCpu(Loose):
    def streams(self, context):
        return [NativeStream(cpu=0, kind="repeat", parameters={"think_ps": 1000})]


class LooseKind(Loose):
    def streams(self, context):
        return [NativeStream(cpu=3, kind="no-such-stream")]


class LooseThing(Loose):
    def streams(self, context):
        return ["repeat"]


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        (LooseRaises, "streams, before time starts: raised ZeroDivisionError: no CPUs to divide"),
        (LooseOnForeignCpu, "CPU 0, which is not among its CPUs"),
        (LooseKind, "no-such-stream"),
        (LooseThing, "neither a NativeStream nor an OpStream"),
    ],
)
def test_a_wrong_workload_fails_its_cell(make_cell, registry, workload, message):
    import dataclasses

    workloads = {**registry.workloads, "loose": workload}
    result = run_cell(make_cell(victim="loose"), dataclasses.replace(registry, workloads=workloads))
    assert result.status == "failed"
    assert "workload 'loose'" in result.error
    assert message in result.error
