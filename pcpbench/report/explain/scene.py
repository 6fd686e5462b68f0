"""Decides which events belong to the one that is explained, and which of them are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pcpbench.simulator.event_log import ROLES, Event

MOST_ROWS = 20
# What happens within another row, and what the rows of its own kind tell already.
REPEATING = ("interruption", "zone_lock_hold", "list_lock_hold", "noise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The event that is explained, and all events that touch its time or lie shortly before."""

    main: Event
    events: Sequence[Event]

    @classmethod
    def of(cls, main: Event, events: Iterable[Event]) -> Scene:
        """The scene, without the event itself."""
        ordered = sorted(events, key=lambda e: (e.begin_ps, -e.end_ps, e.cpu))
        return cls(main=main, events=[event for event in ordered if event != main])

    def within(self, *kinds: str, cpu: int | None = None) -> list[Event]:
        """The events of some kinds that touch the main one's time, on its CPU unless ``cpu``."""
        where = self.main.cpu if cpu is None else cpu
        return [e for e in self.events if e.kind in kinds and e.cpu == where and self.touches(e)]

    def touches(self, event: Event) -> bool:
        """Whether an event and the main one have time in common."""
        return event.begin_ps <= self.main.end_ps and event.end_ps >= self.main.begin_ps

    def shared_ps(self, events: Iterable[Event]) -> int:
        """The time of the main event that the events take together, overlaps counted once."""
        spans = sorted(
            (max(e.begin_ps, self.main.begin_ps), min(e.end_ps, self.main.end_ps)) for e in events
        )
        total, reached = 0, self.main.begin_ps
        for begin, end in spans:
            total += max(0, end - max(begin, reached))
            reached = max(reached, end)
        return total

    def of_drain(self, number: int, *kinds: str) -> list[Event]:
        """The events of some kinds that belong to a drain."""
        return [e for e in self.events if e.drain == number and e.kind in kinds]

    def drains(self) -> list[int]:
        """Numbers of the drains that had to do with the main event's CPU in its time."""
        if self.main.kind == "drain":
            return [self.main.drain]
        own = self.within("drain", "drain_on_target")
        asked = [e for e in self.events if e.kind == "drain_asks" and e.other == self.main.cpu]
        reached = [e for e in asked if e.end_ps <= self.main.end_ps and self._still_due(e)]
        return list(dict.fromkeys(e.drain for e in (*own, *reached) if e.drain >= 0))

    def _still_due(self, asks: Event) -> bool:
        """Whether what a drain asked of the CPU had not been done before the main event."""
        done = [e for e in self.of_drain(asks.drain, "drain_on_target") if e.cpu == self.main.cpu]
        return all(e.end_ps >= self.main.begin_ps for e in done)

    def rows(self) -> list[Event]:
        """The events to show, in the order of their beginnings: those of the main one's CPU and
        of the drains that had to do with it; of many the longest."""
        numbers = set(self.drains())
        targets = [e for n in numbers for e in self.of_drain(n, "drain_on_target")]
        wakes = {wake for e in targets if (wake := self.wake_before(e)) is not None}
        found = [
            e
            for e in self.events
            if e.kind not in REPEATING
            and (e.drain in numbers or (e.cpu == self.main.cpu and self.touches(e)) or e in wakes)
        ]
        longest = sorted(found, key=lambda e: -e.length_ps)[:MOST_ROWS]
        return [e for e in found if e in set(longest)]

    def wake_before(self, target: Event) -> Event | None:
        """The wait of the kworker that then worked for a drain; None if it had the CPU already."""
        asked = [e for e in self.of_drain(target.drain, "drain_asks") if e.other == target.cpu]
        since = asked[0].begin_ps if asked else target.begin_ps
        wakes = [
            e
            for e in self.events
            if e.kind == "wake_up"
            and e.cpu == target.cpu
            and ROLES[e.flag] == "kworker"
            and since <= e.end_ps <= target.begin_ps
        ]
        return wakes[-1] if wakes else None
