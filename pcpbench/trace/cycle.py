"""Decides how a recording becomes a cycle that can be repeated without end.

Every block gets a slot, and every slot is allocated once and freed once in a cycle. A block that
was in use before the recording and one that was still in use after it share a slot where their
orders agree: the end of the recording then leaves what its start needs. What finds no partner is
given back, or asked for, in calls added at the end.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pcpbench.plugin.workload import ALLOC, FREE
from pcpbench.trace.calls import NONE, Block, Calls, match_calls
from pcpbench.trace.recording import Recording

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """The calls of a cycle in global order; arrays of equal lengths.

    ``op``, ``order``, ``migratetype`` (u8), ``slot`` (u32); ``cpu`` (i64): index into the
    recording's CPUs; ``time`` (i64): ticks since the first call. ``tick_ns``: ns of a tick, None if
    unknown. ``slots``: number of slots. ``added``: calls at the end that are not recorded.
    """

    op: NDArray[Any]
    order: NDArray[Any]
    migratetype: NDArray[Any]
    slot: NDArray[Any]
    cpu: NDArray[Any]
    time: NDArray[Any]
    tick_ns: float | None
    cpus: int
    slots: int
    added: int

    def held_before(self, start: NDArray[Any]) -> NDArray[Any]:
        """Numbers of the ALLOC calls whose blocks are in use when CPU c begins at call start[c].

        ``start``: by CPU, a number of a call: that CPU's calls before it count as done, the others
        as done one cycle earlier. The state of a slot is what its latest call left.
        """
        import numpy as np

        number = np.arange(len(self.op))
        recency = np.where(number >= start[self.cpu], number - len(self.op), number)
        allocated = np.empty(self.slots, dtype=np.int64)
        freed = np.empty(self.slots, dtype=np.int64)
        allocs = np.flatnonzero(self.op == ALLOC)
        frees = np.flatnonzero(self.op == FREE)
        allocated[self.slot[allocs]] = recency[allocs]
        freed[self.slot[frees]] = recency[frees]
        held: NDArray[Any] = allocs[(allocated > freed)[self.slot[allocs]]]
        return held

    def largest_pages(self) -> int:
        """Most pages in use at once."""
        import numpy as np

        held = self.held_before(np.zeros(self.cpus, dtype=np.int64))
        begin = int((1 << self.order[held].astype(np.int64)).sum())
        sign = np.select([self.op == ALLOC, self.op == FREE], [1, -1], 0)
        changes = sign * (1 << self.order.astype(np.int64))
        return begin + max(int(np.cumsum(changes).max()), 0)


def close_cycle(recording: Recording) -> Cycle:
    """The cycle of a recording. Raises nothing: every recording that loads can be closed."""
    import numpy as np

    calls = match_calls(recording)
    slots, added = _share_slots(calls)
    op, cpu = list(calls.op), list(calls.cpu)
    slot = [0 if block == NONE else slots[block] for block in calls.block]
    kind = [Block(0, 0, 0) if b == NONE else calls.blocks[b] for b in calls.block]
    time = list(calls.time)
    for block_number, wanted in added:
        block = calls.blocks[block_number]
        op.append(wanted)
        cpu.append(block.owner)
        slot.append(slots[block_number])
        kind.append(block)
        time.append(calls.time[-1])
    # Several buffers merged by time: a clock that differs between CPUs must not run backwards.
    ticks = np.maximum.accumulate(np.array(time, dtype=np.uint64).astype(np.int64))
    return Cycle(
        op=np.array(op, dtype=np.uint8),
        order=np.array([block.order for block in kind], dtype=np.uint8),
        migratetype=np.array([block.migratetype for block in kind], dtype=np.uint8),
        slot=np.array(slot, dtype=np.uint32),
        cpu=np.searchsorted(np.array(recording.cpus), np.array(cpu)),
        time=ticks - ticks[0],
        tick_ns=recording.tick_ns,
        cpus=len(recording.cpus),
        slots=max(slots, default=-1) + 1,
        added=len(added),
    )


def _share_slots(calls: Calls) -> tuple[list[int], list[tuple[int, int]]]:
    """(slot of each block, calls to add as (block, ALLOC or FREE))."""
    before = [b for b, block in enumerate(calls.blocks) if block.alloc == NONE]
    after = [b for b, block in enumerate(calls.blocks) if block.free == NONE]
    partner: dict[int, int] = {}
    for same_type in (True, False):
        for in_turn in (True, False):
            _pair(calls.blocks, before, after, partner, same_type=same_type, in_turn=in_turn)
    taken = set(partner.values())
    added = [(b, FREE) for b in after if b not in partner]
    added += [(b, ALLOC) for b in before if b not in taken]
    slots: list[int] = []
    count = 0
    for number in range(len(calls.blocks)):
        if number in taken:
            slots.append(NONE)
        else:
            slots.append(count)
            count += 1
    for late, early in partner.items():
        slots[early] = slots[late]
    return slots, added


def _pair(
    blocks: list[Block],
    before: list[int],
    after: list[int],
    partner: dict[int, int],
    *,
    same_type: bool,
    in_turn: bool,
) -> None:
    """Pairs each block left over with one that was there before: of the same order (and type), and
    freed before the other is allocated (in turn), so that its page is held across the end."""
    taken = set(partner.values())
    waiting: defaultdict[tuple[int, int], deque[int]] = defaultdict(deque)
    for b in before:
        if b not in taken:
            waiting[_key(blocks[b], same_type)].append(b)
    for b in after:
        queue = waiting[_key(blocks[b], same_type)]
        if b in partner or not queue:
            continue
        if not in_turn or blocks[queue[0]].free < blocks[b].alloc:
            partner[b] = queue.popleft()


def _key(block: Block, same_type: bool) -> tuple[int, int]:
    return block.order, block.migratetype if same_type else NONE
