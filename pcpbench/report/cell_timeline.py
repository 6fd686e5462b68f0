"""Decides which of a cell's events are drawn on a timeline, and what each is called there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pcpbench.report.explain.words import event_text
from pcpbench.simulator.event_log import Event
from pcpbench.trace.timeline import Span

# Rows of the CPUs: each lies within what its CPU does, or apart from it.
ON_CPU = {
    "alloc_call": "page call",
    "free_call": "page call",
    "refill": "refill",
    "flush": "flush",
    "zone_call": "refill",
    "direct_reclaim": "reclaim",
    "zone_lock_wait": "lock",
    "zone_lock_hold": "lock",
    "list_lock_wait": "lock",
    "list_lock_hold": "lock",
    "handler": "interruption",
    "thread": "interruption",
    "drain_on_target": "drain",
    "drain_asks": "drain",
    "drain_skipped": "drain",
}
# These go on while their CPU runs something else.
APART = {
    "drain": "drain",
    "drain_wait": "drain",
    "grace_period": "drain",
    "kswapd": "reclaim",
    "wake_up": "interruption",
    "lru_drain": "drain",
}


def spans_of(events: Iterable[Event], numbers: Iterator[int]) -> Iterator[Span]:
    """The spans of events, as they come. Interruptions are shown by what made them: handlers and
    other tasks. ``numbers``: one for each event, never the same."""
    for event, number in zip(events, numbers, strict=False):
        category = ON_CPU.get(event.kind) or APART.get(event.kind)
        if category is None or (event.length_ps == 0 and event.kind.endswith("_wait")):
            continue
        yield Span(
            cpu=event.cpu,
            name=event_text(event),
            category=category,
            begin_ps=event.begin_ps,
            end_ps=event.end_ps,
            arguments=_arguments(event),
            apart=f"{event.kind}-{number}" if event.kind in APART else None,
            arrow_from=_arrow(event, event.other) if event.kind == "drain_asks" else None,
            arrow_to=_arrow(event, event.cpu) if _was_asked(event) else None,
        )


def _was_asked(event: Event) -> bool:
    """Whether another CPU asked for it with a ``drain_asks``: not what an initiator does itself."""
    return event.kind == "drain_on_target" and event.flag in (1, 2, 3) and event.value == event.cpu


def _arrow(event: Event, cpu: int) -> str:
    return f"{event.drain}-{cpu}"


def _arguments(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if event.drain >= 0:
        told["drain"] = event.drain
    if event.kind == "handler":
        told["mechanism"] = event.mechanism
    if event.kind in ("handler", "flush", "zone_lock_hold", "list_lock_hold"):
        told["cause"] = event.cause
    if event.kind in ("flush", "direct_reclaim"):
        told["pages"] = event.value
    return told
