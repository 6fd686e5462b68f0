"""Decides how a workload writes its operations down: steps in order, then a table of columns."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import blake2b

from pcpbench.plugin.workload import ALLOC, FREE, PAUSE, OpStream

UNMOVABLE, MOVABLE = 0, 1
LONGEST_GAP_NS = 4_000_000_000


class Steps:
    """The operations of one CPU, written one after the other; the stream repeats them.

    Gaps vary from half to one and a half of what they are given as, by the seed, so that no two
    CPUs stay in step.
    """

    def __init__(self, seed: int, cpu: int, kind: str) -> None:
        self._draws = Draws(f"{seed}/{kind}/{cpu}")
        self._op = array("B")
        self._order = array("B")
        self._migratetype = array("B")
        self._slot = array("I")
        self._gap_ns = array("I")

    def __len__(self) -> int:
        return len(self._op)

    @property
    def draws(self) -> Draws:
        """Random numbers of this CPU's own."""
        return self._draws

    def alloc(self, slot: int, gap_ns: int, *, order: int = 0, migratetype: int = MOVABLE) -> None:
        """Allocate into the slot."""
        self.add(ALLOC, gap_ns, slot=slot, order=order, migratetype=migratetype)

    def free(self, slot: int, gap_ns: int, *, order: int = 0) -> None:
        """Free the block of the slot."""
        self.add(FREE, gap_ns, slot=slot, order=order)

    def pause(self, gap_ns: int) -> None:
        """Nothing but the gap, however long."""
        while gap_ns > LONGEST_GAP_NS // 2:
            self.add(PAUSE, LONGEST_GAP_NS // 2)
            gap_ns -= LONGEST_GAP_NS // 2
        self.add(PAUSE, gap_ns)

    def add(
        self, op: int, gap_ns: int, *, slot: int = 0, order: int = 0, migratetype: int = MOVABLE
    ) -> None:
        """Any operation of pcpbench.plugin.workload."""
        self._op.append(op)
        self._order.append(order)
        self._migratetype.append(migratetype)
        self._slot.append(slot)
        self._gap_ns.append(gap_ns // 2 + self._draws.below(gap_ns + 1))

    def stream(
        self,
        cpu: int,
        slots: int,
        *,
        slot_group: int | None = None,
        start: int | None = None,
        preload: Sequence[tuple[int, int, int]] = (),
    ) -> OpStream:
        """The stream; unless told where, it begins at a place of the seed's choice."""
        return OpStream(
            cpu=cpu,
            op=self._op,
            order=self._order,
            migratetype=self._migratetype,
            slot=self._slot,
            gap_ns=self._gap_ns,
            slots=slots,
            slot_group=cpu if slot_group is None else slot_group,
            start=self._draws.below(len(self)) if start is None else start,
            preload=preload,
        )


class Draws:
    """Random numbers that depend on nothing but a text: a hash of it and of their number."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self._number = 0
        self._left: list[int] = []

    def below(self, choices: int) -> int:
        """A number from 0 to ``choices`` - 1; the bias is below 1 in 2^24 for 256 choices."""
        if not self._left:
            digest = blake2b(self._text + b"/%d" % self._number, digest_size=64).digest()
            self._left = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 64, 4)]
            self._number += 1
        return self._left.pop() * choices >> 32


def fitting(wanted_pages: int, cpus: int, managed_pages: int, share: float = 0.5) -> int:
    """Pages for each CPU so that all together take at most ``share`` of memory; at least 1."""
    return max(1, min(wanted_pages, int(managed_pages * share) // max(cpus, 1)))
