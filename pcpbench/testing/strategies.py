"""Decides which rules a drain strategy must keep, and checks them."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from typing import Any

from pcpbench.kernels.preset import load_preset
from pcpbench.plugin.strategy import Strategy
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.simulator.engine_config import machine_facts
from pcpbench.simulator.run import run_cell
from pcpbench.simulator.watch import DrainRecord
from pcpbench.testing.cells import (
    built_in,
    registry_with_strategy,
    run_watched,
    small_machine,
    strategy_cell,
)
from pcpbench.testing.outcome import Check, ConformanceError, Outcome, require

PRESSURE = {"working_set": 1.5, "rate": 1_000_000.0}
LOADS = (
    "conform-storm",
    "conform-refills",
    "conform-one-zone",
    "conform-lists-off",
    "conform-offline",
)
# Every drain of these small cells ends within this time, its limbo apart: it is many times what
# a normal grace period or a kworker behind a busy task takes.
LONGEST_DRAIN_NS = 50_000_000
HOUSEKEEPING = {"nohz_full": False, "isolcpus": False}
# Least bytes that declared mechanisms need on 64-bit: a list head is two pointers.
LISTS, LIST_HEAD_BYTES, POINTER_BYTES, LOCK_BYTES = 15, 16, 8, 4


def check_strategy(strategy: type[Strategy]) -> list[Outcome]:
    """Runs every check on a strategy with its default parameters, some seconds in all."""
    return [check.outcome(strategy) for check in STRATEGY_CHECKS]


def _watched(strategy: type[Strategy], load: str, **changes: Any) -> list[DrainRecord]:
    cell = strategy_cell(strategy, load, **changes)
    result, records = run_watched(strategy, cell)
    _require_progress(load, result)
    require(bool(records), f"with the load '{load}' no drain ended")
    return records


def _require_progress(load: str, result: CellResult) -> None:
    waiting = result.histograms["drain.censored"]
    oldest_ns = waiting.max_ps / 1000 if waiting.count else 0
    require(
        oldest_ns < LONGEST_DRAIN_NS,
        f"with the load '{load}' a drain had not ended after {oldest_ns / 1e6:.0f} ms; look for "
        "something it waits for that never comes, or a loop that owners who refill keep alive",
    )


def _require_emptied(strategy: type[Strategy], load: str, records: Sequence[DrainRecord]) -> None:
    missed = [record for record in records if record.missed_blocks]
    if not missed:
        return
    first = missed[0]
    limbo_ns = strategy().limbo_ns()
    what = "a forced drain" if first.forced else "a drain"
    if first.forced:
        remedy = "where d.force is set, visit every CPU now, and wait until that is done"
    elif limbo_ns:
        remedy = (
            f"nor did they within its limbo_ns of {limbo_ns:,} ns: set a bound to what waits "
            "(within_ns), and declare it"
        )
    else:
        remedy = (
            "visit every CPU that scan_counts names, `yield` each primitive and wait for what "
            "it began (flush_work), or declare limbo_ns"
        )
    require(
        False,
        f"with the load '{load}' {what} that ended at {first.ended_ns / 1e6:.3f} ms missed "
        f"{first.missed_blocks} of {first.listed_blocks} blocks that were listed when it began: "
        f"neither freed nor taken ({len(missed)} of {len(records)} drains); {remedy}",
    )


def _declares(strategy: type[Strategy]) -> None:
    for name in ("summary", "source"):
        require(bool(getattr(strategy, name)), f"{strategy.__name__}.{name} is empty; say it")
    require(
        bool(inspect.getdoc(strategy)), f"{strategy.__name__} has no docstring; say how it works"
    )
    limbo_ns = strategy().limbo_ns()
    require(
        limbo_ns <= 2_000_000_000,
        f"limbo_ns is {limbo_ns}: by default a page must not wait for more than 2 s",
    )


def _memory(strategy: type[Strategy]) -> None:
    least = LOCK_BYTES if _takes_a_lock(strategy) else 0
    if strategy.list_sets == 2:
        least += LISTS * LIST_HEAD_BYTES + POINTER_BYTES
    declared = strategy.bytes_per_cpu_zone + strategy.bytes_per_cpu
    require(
        declared >= least,
        f"{declared} bytes are declared, but its lists, pointers and locks need at least {least} "
        "on top of the lists of v5.15, which have no lock; set bytes_per_cpu_zone",
    )


def _takes_a_lock(strategy: type[Strategy]) -> bool:
    """Whether any access has a lock, on a machine with nohz_full CPUs or without."""
    preset = load_preset(built_in().kernels["v5.15"])
    machines = (small_machine(), small_machine(isolated=(), **HOUSEKEEPING))
    accesses = [strategy.free_access, strategy.list_free_access]
    accesses += [strategy().access_on(machine_facts(each, preset)) for each in machines]
    return any(access is not None and access.lock != "none" for access in accesses)


def _conserves(strategy: type[Strategy]) -> None:
    cell = strategy_cell(strategy, "memory-pressure", parameters=PRESSURE, drains_per_s=2_000.0)
    result, _ = run_watched(strategy, cell)  # checks every list and frame at the end
    _require_progress("memory-pressure", result)
    require(result.counters["drain_asked"] > 0, "no drain was asked for under pressure")


def _empties(strategy: type[Strategy]) -> None:
    for victim in ("isolated-loop", "conform-still"):
        records = _watched(strategy, "repeat", victim=victim, drains_per_s=500.0)
        _require_emptied(strategy, "repeat", records)


def _other_machines(strategy: type[Strategy]) -> None:
    two_zones = small_machine(nodes=2)
    machines = (
        ("without nohz_full", small_machine(nohz_full=False), "conform-storm"),
        ("with rcu_normal", small_machine(rcu_normal=True), "conform-storm"),
        ("without isolated CPUs", small_machine(isolated=(), **HOUSEKEEPING), "conform-storm"),
        ("on one CPU", small_machine(cpus=1, isolated=(), **HOUSEKEEPING), "conform-storm"),
        ("with a zone on each of two nodes", two_zones, "conform-storm"),
        ("with a zone on each of two nodes", two_zones, "conform-one-zone"),
    )
    for which, machine, load in machines:
        try:
            records = _watched(strategy, load, machine=machine, drains_per_s=500.0)
            _require_emptied(strategy, load, records)
        except ConformanceError as error:
            raise ConformanceError(f"{which}, {error}") from error


def _meets(load: str) -> Check:
    promises = {
        "conform-storm": "drains of several CPUs at once all end, and none misses a page",
        "conform-refills": "a drain that meets refills and flushes misses no page",
        "conform-one-zone": "drains of one zone wait for each other and all end",
        "conform-lists-off": "a forced drain (zone_pcp_disable) leaves no page on any list",
        "conform-offline": "drains work while CPUs go offline and come back",
    }

    def run(strategy: type[Strategy]) -> None:
        records = _watched(strategy, load, drains_per_s=1_000.0)
        _require_emptied(strategy, load, records)
        if load == "conform-lists-off":
            require(any(r.forced for r in records), "no forced drain ended")

    return Check(load.removeprefix("conform-"), promises[load], run)


def _numbers(result: CellResult) -> tuple[Any, ...]:
    return result.status, result.error, result.counters, result.histograms


def _deterministic(strategy: type[Strategy]) -> None:
    registry = registry_with_strategy(strategy)
    for load in ("conform-refills", "memory-pressure"):
        cell: Cell = strategy_cell(strategy, load, drains_per_s=1_000.0)
        cell = dataclasses.replace(cell, time_ns=20_000_000)
        first = _numbers(run_watched(strategy, cell)[0])
        again = _numbers(run_cell(cell, registry))
        require(
            first == again,
            f"with the load '{load}' the same cell gave other numbers; keep "
            "no state between drains that outlives a cell, and draw no random numbers",
        )
        stepwise = _numbers(run_cell(cell, registry, one_step=True))
        require(first == stepwise, f"with the load '{load}' one step at a time gave other numbers")


STRATEGY_CHECKS: tuple[Check, ...] = (
    Check("declared", "it says what it is and where it comes from", _declares),
    Check("memory", "the memory it declares is what its mechanism needs at least", _memory),
    Check("conserved", "no page is lost or doubled, even under pressure", _conserves),
    Check("emptied", "pages listed when a drain starts are freed, taken, or in limbo", _empties),
    *(_meets(load) for load in LOADS),
    Check(
        "machines",
        "it works without nohz_full, with rcu_normal, on 1 CPU, 2 nodes",
        _other_machines,
    ),
    Check("deterministic", "the same cell gives the same numbers", _deterministic),
)
