"""Decides which loads bring a drain together with what could go wrong beside it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import ClassVar

from pcpbench.plugin.workload import (
    ALLOC,
    CPU_OFF,
    DRAIN,
    DRAIN_ZONE,
    FREE,
    LISTS_OFF,
    LISTS_ON,
    PAUSE,
    OpStream,
    Workload,
    WorkloadContext,
)

MOVABLE = 1
US = 1000
Step = tuple[int, int, int]  # operation, slot, gap in ns


def table(cpu: int, steps: Sequence[Step], slots: int, orders: Sequence[int] = (0,)) -> OpStream:
    """A stream of a CPU's own; the order of a slot's block is one of ``orders``."""
    return OpStream(
        cpu=cpu,
        op=array("B", [op for op, _, _ in steps]),
        order=array("B", [orders[slot % len(orders)] for _, slot, _ in steps]),
        migratetype=array("B", [MOVABLE] * len(steps)),
        slot=array("I", [slot for _, slot, _ in steps]),
        gap_ns=array("I", [gap for _, _, gap in steps]),
        slots=slots,
        slot_group=cpu,
    )


class _Steps(Workload):
    """Base of loads in which each CPU repeats steps."""

    slots: ClassVar[int] = 24

    def streams(self, context: WorkloadContext) -> Sequence[OpStream]:
        return [
            table(cpu, self.steps(number), self.slots, (0, 0, 0, 1, 3))
            for number, cpu in enumerate(context.cpus)
        ]

    def steps(self, number: int) -> list[Step]:
        raise NotImplementedError

    def churn(self, gap_ns: int) -> list[Step]:
        """Every slot filled and emptied, which refills and at times flushes."""
        fill = [(ALLOC, slot, gap_ns) for slot in range(self.slots)]
        return fill + [(FREE, slot, gap_ns) for slot in range(self.slots)]


class Storm(_Steps):
    """All CPUs ask for a drain at the same instant, again and again."""

    kind = "conform-storm"

    def steps(self, number: int) -> list[Step]:
        return [*self.churn(500), (DRAIN, 0, 0), (PAUSE, 0, 300 * US)]


class Refills(_Steps):
    """CPUs refill and flush at full speed while two of them drain at odd moments."""

    kind = "conform-refills"
    slots = 200

    def steps(self, number: int) -> list[Step]:
        drain = [(DRAIN, 0, 137)] if number < 2 else []
        return [*self.churn(40 + number), *drain]


class OneZone(_Steps):
    """CPUs ask for drains of one zone, which wait for each other, between drains of all."""

    kind = "conform-one-zone"

    def steps(self, number: int) -> list[Step]:
        ask = DRAIN if number == 0 else DRAIN_ZONE
        return [*self.churn(700), (ask, 0, 0), (PAUSE, 0, 500 * US)]


class ListsOff(_Steps):
    """One CPU turns the lists off and on again, as memory offlining does; the others go on."""

    kind = "conform-lists-off"

    def steps(self, number: int) -> list[Step]:
        if number > 0:
            return [*self.churn(300), (DRAIN, 0, 0)] if number == 1 else self.churn(300)
        return [(LISTS_OFF, 0, 900 * US), (PAUSE, 0, 200 * US), (LISTS_ON, 0, 0)]


class Offline(_Steps):
    """CPUs go offline and come back while others drain."""

    kind = "conform-offline"

    def steps(self, number: int) -> list[Step]:
        if number == 0:
            return [*self.churn(500), (DRAIN, 0, 0), (PAUSE, 0, 100 * US)]
        fill = self.churn(200)[: self.slots + 4]
        return [*fill, (CPU_OFF, 0, 0), (PAUSE, 0, 700 * US), *self.churn(200)[self.slots :]]


class Still(_Steps):
    """The isolated CPU fills its lists and then stays in user mode."""

    kind = "conform-still"

    def steps(self, number: int) -> list[Step]:
        fill = [(ALLOC, slot, 500) for slot in range(8)]
        return [(PAUSE, 0, 5_000 * US), *fill, (PAUSE, 0, 4_000_000_000)]


LOADS: tuple[type[Workload], ...] = (Storm, Refills, OneZone, ListsOff, Offline, Still)
