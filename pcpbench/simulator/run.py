"""Decides how a cell is simulated, and that a fault of a plugin ends its cell, not the run."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pcpbench import _native
from pcpbench.errors import InputError
from pcpbench.hardware.profile import HardwareProfile, load_profile
from pcpbench.kernels.preset import KernelPreset, load_preset
from pcpbench.metrics.course import course_counters
from pcpbench.metrics.histogram import Histogram
from pcpbench.metrics.measure import measure
from pcpbench.metrics.raw import RawMeasurements
from pcpbench.plugin.blame import raised, shown
from pcpbench.plugin.drain import MachineFacts
from pcpbench.plugin.registry import Registry
from pcpbench.plugin.strategy import ListAccess, Strategy
from pcpbench.plugin.workload import NativeStream, OpStream, WorkloadContext
from pcpbench.simulator.cell import Cell, CellResult, Pairs, WorkloadChoice
from pcpbench.simulator.conversation import Conversation, StrategyFault
from pcpbench.simulator.engine_config import (
    PS_PER_NS,
    engine_config,
    machine_facts,
    managed_pages,
)
from pcpbench.simulator.event_log import EventLog
from pcpbench.simulator.interruptions import interruptions_of
from pcpbench.simulator.watch import DrainRecord, records_of

# Files of ours on the way to what a plugin does.
OURS = (__file__,)
# An hour: nobody simulates so long, so a page that may wait longer may wait for ever.
MOST_LIMBO_NS = 3_600_000_000_000


class WorkloadFault(Exception):
    """A workload raised, or gave streams that the core cannot run."""


def run_cell(
    cell: Cell,
    registry: Registry,
    *,
    one_step: bool = False,
    watched: list[DrainRecord] | None = None,
    log: EventLog | None = None,
) -> CellResult:
    """Simulates one cell. A fault of its strategy, workloads or data gives a failed result.

    ``one_step``: without running ahead, which is slower and gives the same. Same cell, same
    result, but for ``wall_ns``. ``watched``: gets a record of every drain that ended, which takes
    longer and changes no result; likewise ``log``, which gets events. Raises KeyError if the cell
    names what the registry lacks.
    """
    began = time.perf_counter_ns()
    if watched is None and registry.listeners.hears("drain_ended"):
        watched = []
    try:
        strategy = registry.strategies[cell.strategy.name](**_keywords(cell.strategy.parameters))
        simulation = _simulate(cell, registry, strategy, one_step, watched, log)
    except (StrategyFault, WorkloadFault, InputError, ValueError, TypeError) as fault:
        return CellResult(cell=cell, status="failed", error=f"{fault} [seed {cell.seed}]")
    _tell_drains(cell, registry, watched or ())
    counters, histograms = _measured(cell, simulation, strategy)
    raw = RawMeasurements(counters=counters, histograms=histograms, isolated=cell.machine.isolated)
    metrics, null_reasons = measure(raw, registry.metrics)
    return CellResult(
        cell=cell,
        status="ok",
        metrics=metrics,
        null_reasons=null_reasons,
        counters=counters,
        histograms=histograms,
        interruptions=interruptions_of(simulation),
        page_ops=counters["alloc_calls"] + counters["free_calls"],
        pages_moved=counters["alloc_pages"] + counters["free_pages"],
        simulated_ns=cell.time_ns,
        wall_ns=time.perf_counter_ns() - began,
    )


def _measured(
    cell: Cell, simulation: Any, strategy: Strategy
) -> tuple[dict[str, int], dict[str, Histogram]]:
    """The raw measurements: what the core counted, and what is known without it."""
    a_cpu = strategy.bytes_per_cpu_zone * cell.machine.nodes + strategy.bytes_per_cpu
    added = a_cpu * cell.machine.cpus
    window = {"window_ps": cell.time_ns * PS_PER_NS, "strategy_bytes": added}
    histograms = {
        name: Histogram.from_native(native) for name, native in simulation.histograms().items()
    }
    course = course_counters(simulation.course())
    return {**simulation.counters(), **course, **window}, histograms


def _tell_drains(cell: Cell, registry: Registry, drains: Sequence[DrainRecord]) -> None:
    for drain in drains:
        when = f"of seed {cell.seed} at {drain.ended_ns / 1e6:.6f} ms"
        registry.listeners.tell("drain_ended", when, cell=cell, drain=drain)


def _simulate(
    cell: Cell,
    registry: Registry,
    strategy: Strategy,
    one_step: bool,
    watched: list[DrainRecord] | None,
    log: EventLog | None,
) -> Any:
    profile = _profile(registry.hardware[cell.hardware])
    preset = _preset(registry.kernels[cell.kernel])
    _check_strategy(strategy, machine_facts(cell.machine, preset))
    simulation = _native.Simulation(
        engine_config(cell, profile, preset, strategy, one_step=one_step)
    )
    if watched is not None:
        simulation.watch_drains(strategy.limbo_ns() * PS_PER_NS)
    if log is not None:
        log.begin(simulation)
    slots = _SharedSlots()
    for number, choice in enumerate(cell.workloads):
        for stream in _streams(cell, registry, choice):
            _add(simulation, cell, stream, slots, number)
    conversation = Conversation(strategy, machine_facts(cell.machine, preset))
    try:
        while (decision := simulation.run()) is not None:
            simulation.answer(conversation.answer(decision))
    except _native.StrategyError as error:
        raise StrategyFault(_dated(conversation.blame_last(error), simulation)) from error
    except StrategyFault as fault:
        raise StrategyFault(_dated(str(fault), simulation)) from fault
    if watched is not None:
        watched += records_of(simulation)
    if log is not None:
        log.end(simulation)
    broken = simulation.check()
    if broken:
        raise RuntimeError(f"the core's invariants do not hold: {broken}")
    return simulation


def _check_strategy(strategy: Strategy, machine: MachineFacts) -> None:
    """What the strategy says of itself is asked once, where a fault can be blamed on it."""
    hook = "access_on"
    try:
        access: object = strategy.access_on(machine)
        hook = "limbo_ns"
        limbo_ns: object = strategy.limbo_ns()
    except Exception as error:
        raise StrategyFault(
            f"strategy '{strategy.name}', {hook} {raised(error, caller=OURS)}"
        ) from error
    if not isinstance(access, ListAccess):
        what = f"access_on gave {shown(access)}; it must be a ListAccess"
        raise StrategyFault(f"strategy '{strategy.name}', {what}")
    if type(limbo_ns) is not int or not 0 <= limbo_ns <= MOST_LIMBO_NS:
        must = f"a whole number of nanoseconds, at most {MOST_LIMBO_NS:,}"
        what = f"limbo_ns gave {shown(limbo_ns)}; it must be {must}"
        raise StrategyFault(f"strategy '{strategy.name}', {what}")


def _dated(what: str, simulation: Any) -> str:
    return f"{what}, at {simulation.now_ps() / 1e9:.6f} ms"


def _streams(
    cell: Cell, registry: Registry, choice: WorkloadChoice
) -> Sequence[NativeStream | OpStream]:
    machine = cell.machine
    context = WorkloadContext(
        cpus=choice.cpus,
        managed_pages=managed_pages(machine),
        page_bytes=machine.page_bytes,
        housekeeping_cpus=machine.cpus - len(machine.isolated),
        seed=cell.seed,
        time_ns=cell.warm_up_ns + cell.time_ns,
    )
    try:
        workload = registry.workloads[choice.kind](**_keywords(choice.parameters))
        streams: list[Any] = list(workload.streams(context))
    except InputError:
        raise
    except Exception as error:
        what = f"streams, before time starts: {raised(error, caller=OURS)}"
        raise WorkloadFault(f"workload '{choice.kind}', {what}") from error
    allowed = set(choice.cpus)
    for stream in streams:
        if not isinstance(stream, NativeStream | OpStream):
            what = f"gave {shown(stream)}, which is neither a NativeStream nor an OpStream"
            raise WorkloadFault(f"workload '{choice.kind}' {what}")
        if stream.cpu not in allowed:
            what = f"gave a stream to CPU {stream.cpu}, which is not among its CPUs"
            raise WorkloadFault(f"workload '{choice.kind}' {what}")
        allowed.remove(stream.cpu)
    return streams


class _SharedSlots:
    """The slots of the table streams: one array for each group of each workload."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, int], tuple[int, Any]] = {}

    def of(self, workload: int, stream: OpStream) -> Any:
        key = (workload, stream.slot_group)
        count, slots = self._groups.setdefault(key, (stream.slots, _native.Slots(stream.slots)))
        if count != stream.slots:
            what = f"has slot group {stream.slot_group} with {count} and {stream.slots} slots"
            raise WorkloadFault(f"the workload of CPU {stream.cpu} {what}")
        return slots


def _add(
    simulation: Any,
    cell: Cell,
    stream: NativeStream | OpStream,
    slots: _SharedSlots,
    number: int,
) -> None:
    kind = cell.workloads[number].kind
    try:
        if isinstance(stream, NativeStream):
            parameters = dict(stream.parameters)
            simulation.add_native_stream(
                stream.cpu, stream.kind, parameters, cell.seed, stream.fifo
            )
            return
        columns = ("op", "order", "migratetype", "slot", "gap_ns")
        table = {name: getattr(stream, name) for name in columns}
        table |= {"start": stream.start, "preload": list(stream.preload)}
        simulation.add_table_stream(stream.cpu, table, slots.of(number, stream), stream.fifo)
    except (ValueError, TypeError, RuntimeError) as error:
        raise WorkloadFault(f"workload '{kind}', CPU {stream.cpu}: {error}") from error


@cache
def _profile(path: Path) -> HardwareProfile:
    return load_profile(path)


@cache
def _preset(path: Path) -> KernelPreset:
    return load_preset(path)


def _keywords(parameters: Pairs) -> dict[str, Any]:
    return dict(parameters)
