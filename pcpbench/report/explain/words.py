"""Decides the words for single events, their times and their causes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pcpbench.report.numbers import value_text
from pcpbench.simulator.event_log import CONTEXTS, ROLES, UNFINISHED, Event

PS_PER_NS = 1000
PS_PER_MS = 1_000_000_000
CAUSES = {
    "drain": "for a drain",
    "vmstat": "for vmstat",
    "lru": "for an LRU drain",
    "other": "for no drain",
}
MECHANISMS = {
    "ipi": "an interrupt from another CPU",
    "kworker": "another task on its CPU",
    "tick": "a timer tick",
    "rcu": "an interrupt for an RCU grace period",
    "lock": "a wait for its own list's lock",
}


def time_text(ps: int) -> str:
    """A time such as ``1.23 us``."""
    return value_text(ps / PS_PER_NS, "ns")


def moment(ps: int) -> str:
    """A moment of the simulation, such as ``123.456 789 ms``."""
    whole, rest = divmod(ps, PS_PER_MS)
    return f"{whole}.{rest // 1000:06d} ms"


def event_text(event: Event) -> str:
    """What happened, in a few words; when, where and how long is told beside it."""
    return _TEXTS[event.kind](event)


def _alloc(event: Event) -> str:
    return "an allocation"


def _free(event: Event) -> str:
    return "a free"


def _refill(event: Event) -> str:
    return f"refill of its list by {event.value} blocks"


def _flush(event: Event) -> str:
    whose = "its own list" if event.other == event.cpu else f"the list of CPU {event.other}"
    return f"{event.value} pages of {whose} freed{_for(event)}"


def _for(event: Event) -> str:
    return f" {CAUSES[event.cause]}" if event.cause != "other" else ""


def _zone_call(event: Event) -> str:
    what = "freed into" if event.flag else "taken from"
    return f"a block of order {event.value} {what} the zone, past the lists"


def _lock_wait(event: Event) -> str:
    whose = "the zone lock" if event.value < 0 else f"the list lock of CPU {event.value}"
    # A lock that nobody had taken yet is met only in its owner's own section.
    had = "" if event.other < 0 else f", which CPU {event.other} had{_for(event)}"
    if event.other == event.cpu:  # the last to have had it: others stand before it in the queue
        had = ", for which others waited already"
    return f"waits for {whose}{had}"


def _lock_hold(event: Event) -> str:
    whose = "the zone lock" if event.value < 0 else f"the list lock of CPU {event.value}"
    return f"holds {whose}{_for(event)}"


def _interruption(event: Event) -> str:
    return f"{MECHANISMS[event.mechanism]} takes its time, {CAUSES[event.cause]}"


def _handler(event: Event) -> str:
    return f"handles {MECHANISMS[event.mechanism]}{_for(event)}"


def _noise(event: Event) -> str:
    return "interrupted without a pause"


def _drain(event: Event) -> str:
    end = ", unfinished at the end" if event.flag & UNFINISHED else ""
    return f"drain {event.drain}, asked here{end}"


def _target(event: Event) -> str:
    where = CONTEXTS[event.flag]
    return f"works for drain {event.drain} of CPU {event.other}, in {_a(where)}"


def _a(where: str) -> str:
    if where == "remote":
        return f"{where} access"
    return f"{'an' if where[0] in 'aeiou' else 'a'} {where}"


def _asks(event: Event) -> str:
    how = {1: "queues work for", 2: "sends an IPI to", 3: "leaves a flag for"}
    return f"drain {event.drain} {how.get(event.flag, 'asks')} CPU {event.other}"


def _grace(event: Event) -> str:
    return f"waits for {'an expedited' if event.flag else 'a normal'} RCU grace period"


def _role(event: Event) -> str:
    return {"task": "the task", "kworker": "the kworker"}.get(ROLES[event.flag], ROLES[event.flag])


_TEXTS: Mapping[str, Callable[[Event], str]] = {
    "alloc_call": _alloc,
    "free_call": _free,
    "refill": _refill,
    "flush": _flush,
    "zone_call": _zone_call,
    "direct_reclaim": lambda event: f"reclaims {event.value} pages itself",
    "zone_lock_wait": _lock_wait,
    "zone_lock_hold": _lock_hold,
    "list_lock_wait": _lock_wait,
    "list_lock_hold": _lock_hold,
    "interruption": _interruption,
    "handler": _handler,
    "noise": _noise,
    "drain": _drain,
    "drain_skipped": lambda event: "asks for a drain, and leaves it to the one that runs",
    "drain_wait": lambda event: f"waits until an earlier drain is over, for drain {event.drain}",
    "drain_asks": _asks,
    "drain_on_target": _target,
    "grace_period": _grace,
    "wake_up": lambda event: f"{_role(event)}, woken, waits for the CPU",
    "thread": lambda event: f"{_role(event)} has the CPU",
    "kswapd": lambda event: "kswapd reclaims",
    "lru_drain": lambda event: "drain of all LRU batches, asked here",
}
