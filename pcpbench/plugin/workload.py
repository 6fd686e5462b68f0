"""Says what a workload is: for each CPU it is given, a stream of page calls.

A stream has two faces. ``NativeStream`` names a generator compiled into the core, with integer
parameters. ``OpStream`` is a table of operations (NumPy arrays or anything with the buffer
protocol), which the core repeats until the cell ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pcpbench.plugin.parameters import Parameterised

# Operation kinds of an OpStream.
ALLOC = 0  # allocate a block into the slot; nothing if the slot is taken
FREE = 1  # free the block in the slot; a counted no-op if the slot is empty; ``order`` is ignored
DRAIN = 2  # ask for a drain of every CPU's lists; slot is ignored
PAUSE = 3  # no page call, only the gap
DRAIN_ZONE = 4  # ask for a drain of one zone, which waits for a drain that is running
LISTS_OFF = 5  # zone_pcp_disable: calls go to the zone; ends with a drain that spares nobody
LISTS_ON = 6  # zone_pcp_enable
LRU_DRAIN = 8  # lru_add_drain_all: LRU batches of all CPUs that hold entries are emptied
LRU_DRAIN_FORCED = 9  # the same on every CPU, as lru_cache_disable does on v5.15
CPU_OFF = 7  # the CPU's lists are emptied, it rests until its next operation


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadContext:
    """What a workload may know when it builds its streams.

    ``cpus``: the CPUs it drives. ``managed_pages``: pages of all zones. ``page_bytes``.
    ``housekeeping_cpus``: how many CPUs are not isolated. ``seed``: of this replicate.
    ``time_ns``: simulated time, warm-up included. ``relative_to``: folder that relative paths in
    parameters start from, the one of the experiment file.
    """

    cpus: tuple[int, ...]
    managed_pages: int
    page_bytes: int
    housekeeping_cpus: int
    seed: int
    time_ns: int
    relative_to: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeStream:
    """A generator of the core: ``kind`` as the core names it, integer ``parameters``."""

    cpu: int
    kind: str
    parameters: Mapping[str, int] = field(default_factory=dict)
    fifo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpStream:
    """A table of operations, equal lengths: ``op`` u8, ``order`` u8, ``migratetype`` u8,
    ``slot`` u32, ``gap_ns`` u32 (user time before the operation).

    ``slots``: number of slots; streams with the same ``slot_group`` share them, so that one CPU
    may free what another allocated. ``start``: index of the first operation to run.
    ``preload``: (slot, order, migratetype) triples allocated before time starts.
    """

    cpu: int
    op: Any
    order: Any
    migratetype: Any
    slot: Any
    gap_ns: Any
    slots: int
    slot_group: int = 0
    start: int = 0
    preload: Sequence[tuple[int, int, int]] = ()
    fifo: bool = False


class Workload(Parameterised):
    """Base class of workload generators; subclass it and write ``streams``.

    ``kind``: unique, as written in experiments. ``summary``: one line. ``source``: what it is
    modelled on. ``seed_varies``: what differs between two replicates. ``simulates_reclaim``:
    whether failing allocations reclaim pages from this workload's streams.
    """

    _reserved = ("kind", "cpus")

    kind: ClassVar[str]
    summary: ClassVar[str] = ""
    source: ClassVar[str] = ""
    seed_varies: ClassVar[str] = ""
    simulates_reclaim: ClassVar[bool] = True

    def streams(self, context: WorkloadContext) -> Sequence[NativeStream | OpStream]:
        """One stream per CPU of ``context.cpus`` (CPUs left out stay idle)."""
        raise NotImplementedError
