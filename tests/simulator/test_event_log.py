"""Events are kept without changing what happens, and agree with what is counted apart from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from pcpbench.simulator.cell import WorkloadChoice
from pcpbench.simulator.event_log import MEASURED, EventLog
from pcpbench.simulator.run import run_cell
from pcpbench.strategies.builtin import BUILT_IN

STRATEGIES = tuple(strategy.name for strategy in BUILT_IN)
MS = 1_000_000_000  # picoseconds


def logged(cell, registry, **asked):
    log = EventLog(**asked)
    result = run_cell(cell, registry, log=log)
    assert result.status == "ok", result.error
    return result, log


def longest(log, kind, cpus=None):
    found = [e for e in log.longest if e.kind == kind and (cpus is None or e.cpu in cpus)]
    return max((e.length_ps for e in found), default=0)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_log_changes_no_number(make_cell, registry, strategy):
    cell = make_cell(strategy, victim="isolated-loop")
    plain = run_cell(cell, registry)
    result, log = logged(cell, registry)
    assert log.events
    assert (result.counters, result.histograms) == (plain.counters, plain.histograms)
    assert (result.metrics, result.interruptions) == (plain.metrics, plain.interruptions)


@pytest.mark.parametrize("strategy", ["workqueue", "rcu-swap", "ipi", "spinlock-trylock", "qpw"])
def test_the_longest_events_are_the_maxima_of_the_metrics(make_cell, registry, strategy):
    cell = make_cell(strategy, victim="isolated-loop")
    result, log = logged(cell, registry, to_ps=0)
    assert log.events == []
    maxima = {name: h.max_ps for name, h in result.histograms.items()}
    assert longest(log, "alloc_call") == maxima["alloc.latency"]
    assert longest(log, "alloc_call", {3}) == maxima["cpu.3.alloc_latency"]
    assert longest(log, "free_call") == maxima["free.latency"]
    assert longest(log, "zone_lock_wait") == maxima["zone_lock.wait"]
    assert longest(log, "zone_lock_hold") == maxima["zone_lock.hold"]
    assert longest(log, "noise", {3}) == result.counters["cpu.3.max_single_noise_ps"]


def test_events_agree_with_the_counters(make_cell, registry):
    cell = make_cell("workqueue", victim="isolated-loop", warm_up_ns=0)
    result, log = logged(cell, registry)
    kinds = Counter(event.kind for event in log.events)
    assert kinds["refill"] == result.counters["refills"]
    assert kinds["drain_skipped"] == result.counters["drain_skipped"]
    drains = [e for e in log.events if e.kind == "drain" and e.flag & MEASURED]
    done = result.counters["drain_completed"] + result.counters["drain_unfinished"]
    assert len(drains) == done
    freed = sum(e.value for e in log.events if e.kind == "flush" and e.cause == "drain")
    assert freed == result.counters["drain_pages"]
    reclaimed = sum(e.value for e in log.events if e.kind == "direct_reclaim")
    assert reclaimed == result.counters["reclaim_direct_pages"]


def test_every_target_belongs_to_a_drain_that_asked_it(make_cell, registry):
    _, log = logged(make_cell("workqueue", victim="isolated-loop"), registry)
    asked = {(e.drain, e.other): e for e in log.events if e.kind == "drain_asks"}
    targets = [e for e in log.events if e.kind == "drain_on_target"]
    assert targets
    for target in targets:
        asking = asked[target.drain, target.cpu]
        assert asking.end_ps <= target.begin_ps
        assert asking.cpu == target.other


def test_a_window_keeps_what_touches_it(make_cell, registry):
    cell = make_cell("workqueue")
    _, all_of_it = logged(cell, registry)
    _, log = logged(cell, registry, from_ps=60 * MS, to_ps=80 * MS)
    touching = [e for e in all_of_it.events if e.end_ps >= 60 * MS and e.begin_ps < 80 * MS]
    assert log.events == touching
    assert log.longest == all_of_it.longest
    assert 0 < len(touching) < len(all_of_it.events)


def test_short_page_calls_are_left_out(make_cell, registry):
    cell = make_cell("workqueue", time_ns=20_000_000)
    _, log = logged(cell, registry, shortest_call_ps=0)
    result, few = logged(cell, registry, shortest_call_ps=2_000_000)
    calls = [e for e in log.events if e.kind in ("alloc_call", "free_call")]
    assert len(calls) >= result.histograms["alloc.latency"].count
    assert [e for e in few.events if e.kind == "alloc_call"] == [
        e for e in calls if e.kind == "alloc_call" and e.length_ps >= 2_000_000
    ]


def test_memory_is_bounded_and_what_does_not_fit_is_counted(make_cell, registry):
    cell = make_cell("workqueue")
    _, whole = logged(cell, registry)
    _, log = logged(cell, registry, most=100)
    assert log.events == whole.events[:100]
    assert log.left_out == len(whole.events) - 100


def test_a_sink_gets_all_events_in_turn(make_cell, registry):
    cell = make_cell("workqueue")
    _, whole = logged(cell, registry)
    heard, sizes = [], []

    def sink(events):
        part = list(events)
        sizes.append(len(part))
        heard.extend(part)

    logged(cell, registry, most=1000, sink=sink)
    assert heard == whole.events
    assert set(sizes[:-1]) == {1000}


def test_interruptions_are_those_that_were_counted(make_cell, registry):
    cell = make_cell("workqueue", victim="isolated-loop", machine={"nohz_full": False})
    result = run_cell(cell, registry)
    kept = result.interruptions.kept
    assert dict(result.interruptions.seen) == {3: len(kept)}
    assert len(kept) > 20
    assert sum(piece.length_ps for piece in kept) == result.counters["cpu.3.noise_ps"]
    for mechanism in ("ipi", "kworker", "tick"):
        counted = sum(
            value
            for name, value in result.counters.items()
            if name.startswith(f"cpu.3.noise_ps.{mechanism}.")
        )
        mine = [piece for piece in kept if piece.mechanism == mechanism]
        assert sum(piece.length_ps for piece in mine) == counted
    window = range(20 * MS, 220 * MS)
    assert all(piece.start_ps in window for piece in kept)


def test_of_a_storm_the_first_interruptions_are_kept_and_all_counted(make_cell, registry):
    victims = tuple(range(4, 64))
    cell = make_cell("ipi", drains_per_s=50_000.0, machine={"cpus": 64, "isolated": victims})
    loop = WorkloadChoice(kind="isolated-loop", cpus=victims)
    result = run_cell(replace(cell, workloads=(cell.workloads[0], loop)), registry)
    assert result.status == "ok"
    for cpu, seen in result.interruptions.seen:
        kept = [piece for piece in result.interruptions.kept if piece.cpu == cpu]
        assert len(kept) == 4096 // 60 < seen
        assert kept == sorted(kept, key=lambda piece: piece.start_ps)


def test_the_course_adds_up_to_what_was_counted(make_cell, registry):
    result = run_cell(make_cell("workqueue", warm_up_ns=0, time_ns=160_000_000), registry)
    counters = result.counters
    assert counters["course.window_ps"] == 10 * MS
    pages = [counters[f"course.{i:02d}.pages"] for i in range(16)]
    assert sum(pages) == counters["alloc_pages"] + counters["free_pages"]
    late = run_cell(make_cell("workqueue", warm_up_ns=85_500_000, time_ns=74_500_000), registry)
    assert [late.counters[f"course.{i:02d}.pages"] for i in range(16)] == pages
