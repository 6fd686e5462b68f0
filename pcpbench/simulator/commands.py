"""Decides how primitives are put in the core's words, and its numbers become their results."""

from __future__ import annotations

from types import GeneratorType
from typing import Any

from pcpbench.plugin.blame import shown
from pcpbench.plugin.primitives import (
    All,
    AtKernelEntry,
    DrainLocal,
    DrainRemote,
    FlushWork,
    FreeAtNoCost,
    FreeLists,
    Primitive,
    QueueWork,
    RunFor,
    ScanCounts,
    SendIpi,
    SwapLists,
    Swapped,
    SynchronizeRcu,
    Works,
)

# Name of the primitive, CPUs or works, a value, the commands it consists of.
Command = tuple[str, list[int], int, list[Any]]
FINISH: Command = ("finish", [], 0, [])
# Commands that have the strategy's ``on_target`` run.
ACT_ON_TARGET = ("queue_work", "send_ipi", "at_kernel_entry", "run_for")
PS_PER_NS = 1000


def command_of(primitive: Any) -> Command:
    """A primitive as a command. Raises TypeError or ValueError if it is none."""
    match primitive:
        case ScanCounts():
            return "scan_counts", [], 0, []
        case SwapLists(cpus):
            return "swap_lists", _cpus("swap_lists", cpus), 0, []
        case SynchronizeRcu(expedited):
            return "synchronize_rcu", [], int(bool(expedited)), []
        case FreeLists(Swapped(cpus)):
            return "free_lists", _cpus("free_lists", cpus), 0, []
        case FreeLists(other):
            raise TypeError(_no_result("free_lists", "swap_lists", other))
        case FreeAtNoCost(cpus):
            return "free_at_no_cost", _cpus("free_at_no_cost", cpus), 0, []
        case All(parts):
            return "all", [], 0, [_part(part) for part in parts]
        case DrainLocal():
            return "drain_local", [], 0, []
        case _:
            return _sent(primitive)


def _sent(primitive: Any) -> Command:
    """The command of a primitive that has something run for other CPUs."""
    match primitive:
        case DrainRemote(cpu, pages_per_hold):
            limit = [] if pages_per_hold is None else [pages_per_hold]
            if any(pages <= 0 for pages in _cpus("drain_remote", limit)):
                raise ValueError("drain_remote: pages_per_hold must be at least 1, or None")
            return "drain_remote", _cpus("drain_remote", [cpu]), pages_per_hold or 0, []
        case QueueWork(cpus):
            return "queue_work", _cpus("queue_work", cpus), 0, []
        case FlushWork(Works(ids)):
            return "flush_work", _cpus("flush_work", ids), 0, []
        case FlushWork(other):
            raise TypeError(_no_result("flush_work", "queue_work", other))
        case SendIpi(cpus):
            return "send_ipi", _cpus("send_ipi", cpus), 0, []
        case AtKernelEntry(cpus, within_ns):
            limit = [] if within_ns is None else [within_ns]
            if any(time <= 0 for time in _cpus("at_kernel_entry", limit, 1 << 50)):
                raise ValueError("at_kernel_entry: within_ns must be at least 1, or None")
            within_ps = (within_ns or 0) * PS_PER_NS
            return "at_kernel_entry", _cpus("at_kernel_entry", cpus), within_ps, []
        case RunFor(cpu):
            return "run_for", _cpus("run_for", [cpu]), 0, []
        case _:
            raise TypeError(_no_primitive(primitive))


def _no_result(name: str, of: str, value: Any) -> str:
    """What is wrong with a value that stands where another primitive's result should."""
    remedy = f"; write `result = yield d.{of}(cpus)`" if isinstance(value, Primitive) else ""
    return f"{name} takes the result of {of}, not {shown(value)}{remedy}"


def _no_primitive(value: Any) -> str:
    """What is wrong with a value that was yielded."""
    if isinstance(value, list | tuple) and all(isinstance(item, Primitive) for item in value):
        return f"yielded a {type(value).__name__} of primitives; write d.all([...]), or yield each"
    if isinstance(value, GeneratorType):
        name = value.__name__
        return f"yielded the generator {name}(); write `yield from` it (d.all takes primitives)"
    return f"yielded {shown(value)}; yield what the methods of d and t return"


def _part(part: Any) -> Command:
    if isinstance(part, All | DrainLocal):
        raise TypeError("d.all takes primitives of d, and no other d.all")
    return command_of(part)


def result_of(primitive: Primitive | None, numbers: list[int]) -> Any:
    """What a yield expression gives, from the core's plain numbers."""
    match primitive:
        case ScanCounts():
            return tuple(numbers)
        case QueueWork():
            return Works(tuple(numbers))
        case SwapLists(cpus):
            return Swapped(cpus)
        case FreeLists() | DrainRemote() | DrainLocal() | FreeAtNoCost():
            return numbers[0]
        case All(parts):
            results = []
            at = 0
            for part in parts:
                end = at + 1 + numbers[at]
                results.append(result_of(part, numbers[at + 1 : end]))
                at = end
            return tuple(results)
        case _:
            return None


def _remedy(value: Any) -> str:
    if isinstance(value, float):
        return "; write int(...)"
    return "; go through them, one primitive each" if isinstance(value, list | tuple) else ""


def _cpus(name: str, values: Any, most: int = 1 << 30) -> list[int]:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > most:
            raise TypeError(f"{name} takes whole numbers, not {shown(value)}{_remedy(value)}")
    return list(values)
