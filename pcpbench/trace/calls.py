"""Decides which free ends which allocation: pages become blocks, lines become calls.

Page frame numbers serve as handles only. Whoever freed a page, a task or reclaim, it is a free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pcpbench.plugin.workload import ALLOC, DRAIN, FREE
from pcpbench.trace import recording as rows
from pcpbench.trace.recording import Recording

LARGEST_ORDER = 20
NONE = -1


@dataclass(slots=True)
class Block:
    """A block that a recording names. ``owner``: CPU that allocated it, or that freed it if the
    allocation came before the recording; ``alloc``, ``free``: numbers of its calls or NONE."""

    order: int
    migratetype: int
    owner: int
    alloc: int = NONE
    free: int = NONE


@dataclass(slots=True)
class Calls:
    """The calls of a recording, in its order; lists of equal lengths.

    ``op``: ALLOC, FREE or DRAIN. ``cpu``: as recorded. ``block``: index into ``blocks``, NONE for
    a drain. ``time``: in ticks of the recording. Counted apart: ``failed`` allocations, which are
    asked for and given back at once; ``unseen_frees``: a page was allocated twice, so its first
    free went by; ``pieces``: frees of parts of a block, the first of which frees the whole.
    """

    op: list[int] = field(default_factory=list)
    cpu: list[int] = field(default_factory=list)
    block: list[int] = field(default_factory=list)
    time: list[int] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    failed: int = 0
    unseen_frees: int = 0
    pieces: int = 0

    @property
    def drains(self) -> int:
        return self.op.count(DRAIN)


def match_calls(recording: Recording) -> Calls:
    """The calls of a recording with their blocks."""
    matcher = _Matcher()
    names = ("kind", "cpu", "pfn", "order", "migratetype", "time")
    columns = [recording.columns[name].tolist() for name in names]
    matcher.read(zip(*columns, strict=True))
    return matcher.calls


class _Matcher:
    """Goes through the rows and keeps the blocks in use by the number of their first page."""

    def __init__(self) -> None:
        self.calls = Calls()
        self.live: dict[int, int] = {}
        self.split: dict[int, int] = {}  # first page -> order of a block freed in pieces
        self.last_kind: dict[int, int] = {}  # by CPU

    def read(self, table: Iterator[Sequence[int]]) -> None:
        for kind, cpu, pfn, order, migratetype, time in table:
            if kind == rows.ALLOC or (kind == rows.BULK_PAGE and pfn not in self.live):
                self._alloc(cpu, pfn, order, migratetype, time)
            elif kind == rows.FREE:
                self._free(cpu, pfn, order, migratetype, time)
            elif kind == rows.ALLOC_FAILED:
                self.calls.failed += 1
                block = self._call_alloc(cpu, order, migratetype, time)
                self._call_free(cpu, block, time)
            elif kind == rows.DRAIN_ALL or (
                # drain_all_pages calls __drain_all_pages: one drain. Called alone, it is one too.
                kind == rows.DRAIN_INNER and self.last_kind.get(cpu) != rows.DRAIN_ALL
            ):
                self._call(DRAIN, cpu, NONE, time)
            self.last_kind[cpu] = kind

    def _call(self, op: int, cpu: int, block: int, time: int) -> None:
        calls = self.calls
        calls.op.append(op)
        calls.cpu.append(cpu)
        calls.block.append(block)
        calls.time.append(time)

    def _call_alloc(self, cpu: int, order: int, migratetype: int, time: int) -> int:
        block = len(self.calls.blocks)
        self.calls.blocks.append(Block(order, migratetype, cpu, alloc=len(self.calls.op)))
        self._call(ALLOC, cpu, block, time)
        return block

    def _call_free(self, cpu: int, block: int, time: int) -> None:
        self.calls.blocks[block].free = len(self.calls.op)
        self._call(FREE, cpu, block, time)

    def _alloc(self, cpu: int, pfn: int, order: int, migratetype: int, time: int) -> None:
        if pfn in self.live:
            self.calls.unseen_frees += 1
            self._call_free(cpu, self.live[pfn], time)
        self.live[pfn] = self._call_alloc(cpu, order, migratetype, time)

    def _free(self, cpu: int, pfn: int, order: int, migratetype: int, time: int) -> None:
        head = self._head_of(pfn)
        if head is not None:
            block = self.live.pop(head)
            if self.calls.blocks[block].order > order:
                self.split[head] = self.calls.blocks[block].order
                self.calls.pieces += 1
            self._call_free(cpu, block, time)
        elif self._was_split(pfn):
            self.calls.pieces += 1
        else:
            self.calls.blocks.append(Block(order, migratetype, cpu))
            self._call_free(cpu, len(self.calls.blocks) - 1, time)

    def _head_of(self, pfn: int) -> int | None:
        """First page of the block in use that the page belongs to."""
        if pfn in self.live:
            return pfn
        for order in range(1, LARGEST_ORDER + 1):
            head = pfn >> order << order
            block = self.live.get(head)
            if block is not None and self.calls.blocks[block].order >= order:
                return head
        return None

    def _was_split(self, pfn: int) -> bool:
        return bool(self.split) and any(
            self.split.get(pfn >> order << order, -1) >= order for order in range(LARGEST_ORDER + 1)
        )
