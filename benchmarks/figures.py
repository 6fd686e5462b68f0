"""Decides which figures are measured, and what is wanted of each."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from benchmarks import bounds, engine, host, large, peers, replay, strategy_share, workers
from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.simulator.cell import Cell

GIB = 1 << 30
M_CALLS = "M calls/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``recording``: folder of a case to replay, if there is one."""

    repeat: int
    recording: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number. ``value``: None if it could not be measured here; ``note`` says why."""

    name: str
    value: float | None
    unit: str
    wanted: float | None = None
    more_is_better: bool = True
    memory_bound: dict[str, float] | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        met = None
        if self.value is not None and self.wanted is not None:
            met = self.value >= self.wanted if self.more_is_better else self.value <= self.wanted
        return {**dataclasses.asdict(self), "met": met}


@cache
def _registry() -> Registry:
    return load_registry()


@cache
def _bound(memory_bytes: int) -> dict[str, float]:
    return host.memory_bound(memory_bytes)


def _speed(one: Cell, repeat: int) -> float:
    runs = [engine.million_calls_per_s(_registry(), one, one_step=False) for _ in range(repeat + 1)]
    return max(runs)


def calls(options: Options) -> Iterator[Figure]:
    """Page calls a second of the kinds of load; of two the least that they cost without machine."""
    wanted = {"fast path": 60.0, "pressure": 25.0, "zone lock": 10.0}
    best: dict[str, float] = {}
    for name, one in engine.CASES.items():
        value = _speed(one, options.repeat)
        kind = next((kind for kind in bounds.PROGRAMS if name.startswith(kind)), "")
        best[kind] = max(value, best.get(kind, 0.0))
        yield Figure(
            name=name,
            value=value,
            unit=M_CALLS,
            wanted=next((goal for kind, goal in wanted.items() if name.startswith(kind)), None),
            memory_bound=_bound(one.machine.memory_bytes),
        )
    for kind in bounds.PROGRAMS:
        most = bounds.million_calls_per_s(kind, repeat=options.repeat)
        note = "needs g++" if most is None else ""
        yield Figure(name=f"{kind}: allocator alone", value=most, unit=M_CALLS, note=note)
        share = None if most is None else 100 * best[kind] / most
        yield Figure(name=f"{kind}: best of the above", value=share, unit="% of that", note=note)


def growth(options: Options) -> Iterator[Figure]:
    """What a call costs on machines of 4 to 512 CPUs, as many calls on each."""
    costs = {}
    for cpus in (4, 16, 64, 256, 512):
        one = engine.cell(
            cpus=cpus,
            isolated=0,
            kind="repeat",
            time_ns=20_000_000_000 // cpus,
            memory_bytes=4 * GIB,
        )
        one = dataclasses.replace(one, hardware=large.HARDWARE)
        costs[cpus] = 1000 / _speed(one, options.repeat)
        yield Figure(
            name=f"a call with {cpus} CPUs",
            value=costs[cpus],
            unit="ns",
            memory_bound=_bound(4 * GIB),
        )
    yield Figure(
        name="growth of a call's cost from 4 to 512 CPUs",
        value=costs[512] / costs[4],
        unit="ratio",
        wanted=2.0,
        more_is_better=False,
    )


def strategies(options: Options) -> Iterator[Figure]:
    for name in strategy_share.STRATEGIES:
        yield Figure(
            name=f"time in Python strategy code, {name}",
            value=100 * strategy_share.strategy_share(_registry(), name),
            unit="% of wall time",
            wanted=10.0,
            more_is_better=False,
        )


def processes(options: Options) -> Iterator[Figure]:
    yield Figure(
        name="two workers over two independent processes",
        value=workers.efficiency(options.repeat),
        unit="ratio",
        wanted=0.9,
    )


def large_machine(options: Options) -> Iterator[Figure]:
    name = "1 TiB, 512 CPUs, 8 nodes"
    found = large.measure()
    less = {"more_is_better": False, "memory_bound": _bound(4 * GIB)}
    yield Figure(name=f"{name}: memory", value=found["memory_gib"], unit="GiB", wanted=6.0, **less)
    yield Figure(name=f"{name}: set-up", value=found["set_up_s"], unit="s", wanted=5.0, **less)
    yield Figure(
        name="a simulated page frame",
        value=engine.bytes_per_frame(),
        unit="bytes",
        wanted=16.0,
        more_is_better=False,
    )


def common_model(options: Options) -> Iterator[Figure]:
    """The peers, and how many times as fast as each pcpbench is."""
    wanted = {"SimPy": 40.0, "C++ priority queue": 1.5}
    for found in peers.measure(rounds=2000, repeat=options.repeat):
        yield Figure(
            name=f"common model: {found['peer']}",
            value=found["million_per_s"],
            unit="M operations/s",
            note="" if found["ends_as_it_must"] else "ends at another time",
        )
        if found["peer"] == peers.OURS:
            continue
        yield Figure(
            name=f"pcpbench over {found['peer']}",
            value=found["pcpbench_is_faster"],
            unit="ratio",
            wanted=wanted.get(found["peer"]),
        )


def recordings(options: Options) -> Iterator[Figure]:
    if options.recording is None:
        note = "give --recording FOLDER"
        yield Figure(name="replay", value=None, unit="M events/s", note=note)
        return
    for inputs in ("calls", "order", "facts"):
        runs = [
            replay.measure(options.recording, inputs=inputs, mib=100)["events_per_s"]
            for _ in range(options.repeat)
        ]
        yield Figure(name=f"replay, inputs: {inputs}", value=max(runs) / 1e6, unit="M events/s")


FIGURES: dict[str, Callable[[Options], Iterator[Figure]]] = {
    "calls": calls,
    "growth": growth,
    "strategies": strategies,
    "workers": processes,
    "large": large_machine,
    "peers": common_model,
    "replay": recordings,
}
