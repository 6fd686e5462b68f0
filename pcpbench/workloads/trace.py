"""Generates the page calls of a recording of a real kernel, repeated until the cell ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

from pcpbench.errors import InputError
from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import NativeStream, OpStream, Workload, WorkloadContext
from pcpbench.trace.cycle import Cycle, close_cycle
from pcpbench.trace.gaps import parse_gaps
from pcpbench.trace.recording import load_recording
from pcpbench.trace.tables import Tables, spread

SHIPPED_CASE = "recordings/linux-5.10-pressure"
# Two CPUs of a copy begin at most this many calls of the recording apart.
MOST_OFFSET_CALLS = 64
# Blocks in use may take this share of memory: the rest is for watermarks and the CPUs' lists.
MOST_OF_MEMORY = 0.75


class TraceWorkload(Workload):
    """What tasks and reclaim asked of a real kernel's page allocator, as calls on slots.

    The CPUs are divided into groups no larger than the number of recorded CPUs; each group runs a
    copy of the recording on blocks of its own. In a smaller group a CPU makes the calls of several
    recorded ones. Frees by reclaim are frees like others, recorded drains ask for drains.
    """

    kind = "trace"
    summary = "the page calls of a recording of a real kernel, drains included"
    source = "recordings of Linux in a virtual machine (docs/traces.md)"
    seed_varies = "the place in the recording where each copy, and a little each CPU, begins"
    simulates_reclaim = False

    case: str = param(
        SHIPPED_CASE,
        unit="path",
        help="A shipped recording, or a file or folder beside the experiment.",
    )
    gaps: str = param(
        "fixed(1600)",
        help="When calls come: fixed(ns) for each CPU on average, recorded, or scaled(factor).",
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        parse_gaps(self.gaps)

    def streams(self, context: WorkloadContext) -> Sequence[NativeStream | OpStream]:
        cycle, largest_pages = _cycle(self.case, context.relative_to)
        groups = _groups(context.cpus, cycle.cpus)
        _check_memory(self.case, largest_pages * len(groups), context)
        streams: list[NativeStream | OpStream] = []
        for number, cpus in enumerate(groups):
            tables = _tables(self.case, context.relative_to, self.gaps, len(cpus))
            streams += _copy_streams(tables, cpus, number, context.seed)
        return streams


@lru_cache(maxsize=4)
def _cycle(case: str, relative_to: str) -> tuple[Cycle, int]:
    cycle = close_cycle(load_recording(case, relative_to=Path(relative_to)))
    return cycle, cycle.largest_pages()


def _groups(cpus: Sequence[int], largest: int) -> list[tuple[int, ...]]:
    """Neighbours stay together; sizes differ by at most one."""
    count = -(-len(cpus) // largest)
    bounds = [number * len(cpus) // count for number in range(count + 1)]
    return [tuple(cpus[a:b]) for a, b in pairwise(bounds)]


def _check_memory(case: str, wanted_pages: int, context: WorkloadContext) -> None:
    if wanted_pages <= context.managed_pages * MOST_OF_MEMORY:
        return
    wanted_mib = int(wanted_pages / MOST_OF_MEMORY * context.page_bytes) >> 20
    raise InputError.one(
        f"the recording '{case}' holds up to {wanted_pages} pages on {len(context.cpus)} CPUs; "
        f"the machine has {context.managed_pages}",
        None,
        f"give it at least {wanted_mib + 1} MiB of memory, or fewer CPUs to the recording",
    )


@lru_cache(maxsize=8)
def _tables(case: str, relative_to: str, gaps: str, cpus: int) -> Tables:
    return spread(_cycle(case, relative_to)[0], parse_gaps(gaps), cpus)


def _copy_streams(tables: Tables, cpus: Sequence[int], copy: int, seed: int) -> list[OpStream]:
    """The streams of one copy, begun at a place of the seed's choice."""
    import numpy as np

    calls = len(tables.cycle.op)
    most_offset = min(MOST_OFFSET_CALLS, calls // 4)
    begin_call = _draw(seed, copy, "segment", calls - most_offset)
    begins = [
        tables.begin(k, begin_call + _draw(seed, copy, f"offset of {k}", most_offset + 1))
        for k in range(len(cpus))
    ]
    start = np.array([call for _, call in begins])[tables.place]
    preloads: list[list[tuple[int, int, int]]] = [[] for _ in cpus]
    cycle = tables.cycle
    for call in cycle.held_before(start).tolist():
        block = (int(cycle.slot[call]), int(cycle.order[call]), int(cycle.migratetype[call]))
        preloads[int(tables.place[cycle.cpu[call]])].append(block)
    return [
        OpStream(
            cpu=cpu,
            op=table.op,
            order=table.order,
            migratetype=table.migratetype,
            slot=table.slot,
            gap_ns=table.gap_ns,
            slots=cycle.slots,
            slot_group=copy,
            start=entry,
            preload=preload,
        )
        for cpu, table, (entry, _), preload in zip(
            cpus, tables.tables, begins, preloads, strict=True
        )
    ]


def _draw(seed: int, copy: int, what: str, choices: int) -> int:
    """A number below ``choices`` that depends on nothing but the arguments."""
    digest = blake2b(f"{seed}/{copy}/{what}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % max(choices, 1)
