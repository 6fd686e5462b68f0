"""Decides which events of a simulation are kept, and how the core's bytes become events."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pcpbench import _native
from pcpbench.metrics.raw import CAUSES, MECHANISMS
from pcpbench.simulator.engine_config import NEVER_PS

KINDS: tuple[str, ...] = tuple(_native.EVENT_KINDS)
# begin, end, value, drain, cpu, other, kind, mechanism, cause, flag: native/machine/event_log.hpp
LAYOUT = struct.Struct("<qqqqiiBBBB4x")
MOST_EVENTS = 1 << 20
# At the core's costs the fast path takes some 20 to 100 ns; a call beyond this met something.
SLOW_CALL_PS = 500_000
# Flags of a drain.
UNFINISHED, MEASURED = 1, 2
# Flags of `wake_up` and `thread`: whose they are; of `drain_on_target`: where it runs.
ROLES = ("task", "kworker", "kswapd", "part of a drain", "other task", "FIFO task")
CONTEXTS = ("initiator", "kworker", "interrupt", "kernel entry", "remote")


class Event(NamedTuple):
    """Something that took time on a CPU; times in picoseconds from the start of the simulation.

    ``kind``: of ``KINDS``; docs/explain.md says what ``value``, ``other`` (a CPU) and ``flag`` mean
    for each. ``drain``: number of the drain it belongs to, -1 for none.
    """

    begin_ps: int
    end_ps: int
    value: int
    drain: int
    cpu: int
    other: int
    kind: str
    mechanism: str
    cause: str
    flag: int

    @property
    def length_ps(self) -> int:
        """How long it took; of a ``noise`` the time that was taken, as in the metric."""
        return self.value if self.kind == "noise" else self.end_ps - self.begin_ps


@dataclass(slots=True, kw_only=True)
class EventLog:
    """What is asked of a simulation, and then what it gave.

    Events that touch ``from_ps`` to ``to_ps`` are kept, page calls only from ``shortest_call_ps``
    on. ``sink``: gets them ``most`` at a time, in the order of their ends; without one they are
    in ``events``, and those beyond ``most`` only counted in ``left_out``. ``longest``: the longest
    event of each kind on each CPU in the measured time, whatever the window.
    """

    from_ps: int = 0
    to_ps: int = NEVER_PS
    shortest_call_ps: int = SLOW_CALL_PS
    most: int = MOST_EVENTS
    sink: Callable[[Iterable[Event]], None] | None = None
    events: list[Event] = field(default_factory=list)
    longest: list[Event] = field(default_factory=list)
    left_out: int = 0

    def begin(self, simulation: Any) -> None:
        """Asks the core for the events; before its first step."""
        sink = self.sink
        take = None if sink is None else lambda packed: sink(events_of(packed))
        simulation.log_events(self.from_ps, self.to_ps, self.shortest_call_ps, self.most, take)

    def end(self, simulation: Any) -> None:
        """Takes what the core has kept."""
        self.longest = list(events_of(simulation.longest_events()))
        self.left_out = simulation.events_left_out()
        if self.sink is None:
            self.events = list(events_of(simulation.events()))
        else:
            self.sink(events_of(simulation.events()))


def events_of(packed: bytes) -> Iterator[Event]:
    """The events in the core's bytes."""
    for begin, end, value, drain, cpu, other, kind, mechanism, cause, flag in LAYOUT.iter_unpack(
        packed
    ):
        yield Event(
            *(begin, end, value, drain, cpu, other),
            *(KINDS[kind], MECHANISMS[mechanism], CAUSES[cause], flag),
        )
