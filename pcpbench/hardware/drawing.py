"""Decides how a profile is drawn for a terminal: its topology, its line transfers, its costs."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping

from pcpbench.hardware.profile import Cost, HardwareProfile, Topology

NARROWEST_COLUMNS = 64
WHERE_FROM = (
    "~ marks an estimate, with its range; the others were published for the machine or measured "
    "on it. The file says of each number where it is from or why it is what it is; "
    "docs/hardware.md says what the names mean."
)
LEAST_NS, MOST_NS = 0.1, 1e8  # of the bars; what lies beyond ends at their border
NAME_COLUMNS, VALUE_COLUMNS, RANGE_COLUMNS = 22, 11, 24


def draw(profile: HardwareProfile, columns: int = 80) -> list[str]:
    """The lines of the drawing, none longer than ``columns`` (of which it wants 64 or more)."""
    columns = max(columns, NARROWEST_COLUMNS)
    return [
        *_topology(profile.topology, columns),
        "",
        *_transfers(profile),
        "",
        *_costs(profile, columns),
    ]


def _topology(shape: Topology, columns: int) -> Iterator[str]:
    cores = shape.sockets * shape.cores_per_socket
    clusters = shape.cores_per_socket // shape.cores_per_cluster
    for socket in range(shape.sockets):
        first = socket * shape.cores_per_socket
        title = f" socket {socket}: cores {_span(first, shape.cores_per_socket)} "
        yield f"+--{title}".ljust(columns - 1, "-") + "+"
        if shape.cores_per_cluster == 1 or clusters == 1:
            text = "each core by itself" if shape.cores_per_cluster == 1 else "one cluster"
        else:
            starts = range(first, first + shape.cores_per_socket, shape.cores_per_cluster)
            text = " ".join(f"[{_span(start, shape.cores_per_cluster)}]" for start in starts)
        for line in textwrap.wrap(text, columns - 4):
            yield f"| {line:<{columns - 4}} |"
        yield "+" + "-" * (columns - 2) + "+"
    if shape.smt > 1:
        threads = ", ".join(str(cores * thread) for thread in range(shape.smt))
        text = f"CPUs {threads} are the {shape.smt} threads of core 0, and so on: {shape.cpus} CPUs"
        yield from textwrap.wrap(text, columns)
    else:
        yield f"one thread a core: {shape.cpus} CPUs"


def _span(first: int, count: int) -> str:
    return str(first) if count == 1 else f"{first}-{first + count - 1}"


def _transfers(profile: HardwareProfile) -> Iterator[str]:
    """A matrix of one CPU of each distance from CPU 0, all others being like one of them."""
    shape = profile.topology
    steps = {
        "sibling thread": (shape.smt > 1, shape.sockets * shape.cores_per_socket),
        "same cluster": (shape.cores_per_cluster > 1, 1),
        "other cluster": (
            shape.cores_per_socket > shape.cores_per_cluster,
            shape.cores_per_cluster,
        ),
        "other socket": (shape.sockets > 1, shape.cores_per_socket),
    }
    if shape.cores_per_cluster == 1:
        steps = {("other core" if k == "other cluster" else k): v for k, v in steps.items()}
    cpus = {0: "", **{cpu: name for name, (there, cpu) in steps.items() if there}}
    yield "a modified cache line from CPU to CPU, ns (~ estimate)"
    yield "      " + "".join(f"{cpu:>8}" for cpu in cpus)
    for cpu, name in cpus.items():
        cells = (_transfer(profile, cpu, other) for other in cpus)
        yield f"{cpu:>6}" + "".join(f"{cell:>8}" for cell in cells) + (f"   {name}" if name else "")


def _transfer(profile: HardwareProfile, cpu: int, other: int) -> str:
    if cpu == other:
        return "."
    shape = profile.topology
    cores = shape.sockets * shape.cores_per_socket
    one, two = cpu % cores, other % cores
    if one == two:
        key = "smt"
    elif one // shape.cores_per_cluster == two // shape.cores_per_cluster:
        key = "cluster"
    elif one // shape.cores_per_socket == two // shape.cores_per_socket:
        key = "socket"
    else:
        key = "remote"
    return _number(profile.costs[f"line_transfer_{key}"])


def _costs(profile: HardwareProfile, columns: int) -> Iterator[str]:
    wakes = {f"wake_busy.{key}": cost for key, cost in profile.wake_latency_busy.items()}
    numbers: Mapping[str, Cost] = {**profile.costs, **wakes}
    bar = columns - NAME_COLUMNS - VALUE_COLUMNS - RANGE_COLUMNS - 2
    scale = f"{LEAST_NS:g} ns".ljust(bar - 6) + f"{MOST_NS / 1e6:g} ms" if bar >= 20 else ""
    head = f"{'costs':<{NAME_COLUMNS}}{'ns':>{VALUE_COLUMNS}}{'range':>{RANGE_COLUMNS}}"
    yield f"{head}  {scale}".rstrip()
    for key, cost in numbers.items():
        spread = (
            "" if cost.low_ns == cost.high_ns else f"{cost.low_ns:,.10g} - {cost.high_ns:,.10g}"
        )
        row = f"{key:<{NAME_COLUMNS}}{_number(cost):>{VALUE_COLUMNS}}{spread:>{RANGE_COLUMNS}}"
        drawn = _never_used(key, profile.topology) or (_bar(cost, bar) if bar >= 20 else "")
        yield f"{row}  {drawn[: max(bar, 0)]}".rstrip()
    yield ""
    yield from textwrap.wrap(WHERE_FROM, columns)


def _never_used(key: str, shape: Topology) -> str:
    """Why the machine has no use for a number, or nothing."""
    reasons = {
        "line_transfer_smt": (shape.smt == 1, "no SMT"),
        "line_transfer_cluster": (shape.cores_per_cluster == 1, "no clusters"),
        "line_transfer_remote": (shape.sockets == 1, "one socket"),
        "dram_remote": (shape.sockets == 1, "one socket"),
    }
    unused, why = reasons.get(key, (False, ""))
    return f"(unused: {why})" if unused else ""


def _number(cost: Cost) -> str:
    return f"{'~' if cost.estimate is not None else ''}{cost.value_ns:,.10g}"


def _bar(cost: Cost, columns: int) -> str:
    """The range from ``[`` to ``]`` and the value as ``*`` on a logarithmic scale."""
    decades = math.log10(MOST_NS / LEAST_NS)

    def place(value_ns: float) -> int:
        part = math.log10(min(max(value_ns, LEAST_NS), MOST_NS) / LEAST_NS) / decades
        return round(part * (columns - 1))

    low, value, high = place(cost.low_ns), place(cost.value_ns), place(cost.high_ns)
    marks = [" "] * columns
    marks[low : high + 1] = "-" * (high - low + 1)
    if low < high:
        marks[low], marks[high] = "[", "]"
    marks[value] = "*"
    return "".join(marks)
