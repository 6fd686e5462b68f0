"""Decides how spans and arrows are written as a file of trace events, for ui.perfetto.dev.

The format: "Trace Event Format" (Chromium), JSON object form. One process, a thread for each CPU.
Spans of a thread lie within each other or apart (``X``); what does not, since it goes on while its
CPU does something else, is asynchronous (``b``, ``e``) and gets rows of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

PROCESS = 1
PS_PER_US = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something on a CPU, times in ps. ``apart``: an id if it is asynchronous, else None.
    ``arrow_from``, ``arrow_to``: ids of arrows that begin or end at its begin."""

    cpu: int
    name: str
    category: str
    begin_ps: int
    end_ps: int
    arguments: Mapping[str, Any] = field(default_factory=dict)
    apart: str | None = None
    arrow_from: str | None = None
    arrow_to: str | None = None


class TimelineWriter:
    """Writes the file to ``stream``, span after span as they come. ``spans``: how many there
    were. Within ``with``; the CPUs' names come last, when all are known."""

    def __init__(self, stream: TextIO) -> None:
        self.spans = 0
        self.cpus: set[int] = set()
        self._stream = stream
        self._arrows: set[str] = set()  # begun and not yet ended

    def __enter__(self) -> TimelineWriter:
        about = {"ph": "M", "pid": PROCESS, "tid": 0, "name": "process_name"}
        start = json.dumps({**about, "args": {"name": "CPUs"}})
        self._stream.write(f'{{"displayTimeUnit": "ns", "traceEvents": [\n{start}')
        return self

    def add(self, spans: Iterable[Span]) -> None:
        """Writes spans."""
        for span in spans:
            self.spans += 1
            self.cpus.add(span.cpu)
            if span.arrow_to is not None and span.arrow_to not in self._arrows:
                span = replace(
                    span, arrow_to=None
                )  # its begin lies before the part that is written
            self._arrows.discard(span.arrow_to or "")
            if span.arrow_from is not None:
                self._arrows.add(span.arrow_from)
            for event in _events(span):
                self._stream.write(f",\n{event}")

    def __exit__(self, *failure: object) -> None:
        for event in _names(sorted(self.cpus)):
            self._stream.write(f",\n{json.dumps(event)}")
        self._stream.write("\n]}\n")


def _names(cpus: Iterable[int]) -> Iterator[dict[str, Any]]:
    about: dict[str, Any] = {"ph": "M", "pid": PROCESS}
    for cpu in cpus:
        named = {**about, "tid": cpu}
        yield {**named, "name": "thread_name", "args": {"name": f"CPU {cpu}"}}
        yield {**named, "name": "thread_sort_index", "args": {"sort_index": cpu}}


def _events(span: Span) -> Iterator[str]:
    """The lines of a span. Times are whole picoseconds, written as microseconds in full."""
    begin = _us(span.begin_ps)
    common = f'"name": {json.dumps(span.name)}, "cat": "{span.category}"'
    place = f'"pid": {PROCESS}, "tid": {span.cpu}'
    told = f', "args": {json.dumps(dict(span.arguments))}' if span.arguments else ""
    if span.apart is None:
        length = _us(span.end_ps - span.begin_ps)
        yield f'{{{common}, "ph": "X", "ts": {begin}, "dur": {length}, {place}{told}}}'
    else:
        number = f'"id": "{span.apart}"'
        yield f'{{{common}, "ph": "b", "ts": {begin}, {number}, {place}{told}}}'
        yield f'{{{common}, "ph": "e", "ts": {_us(span.end_ps)}, {number}, {place}}}'
    arrow = '"name": "drain", "cat": "arrow"'
    if span.arrow_from is not None:
        yield f'{{{arrow}, "ph": "s", "ts": {begin}, "id": "{span.arrow_from}", {place}}}'
    if span.arrow_to is not None:
        yield (
            f'{{{arrow}, "ph": "f", "bp": "e", "ts": {begin}, "id": "{span.arrow_to}", {place}}}'
        )


def _us(ps: int) -> str:
    whole, rest = divmod(ps, PS_PER_US)
    return f"{whole}.{rest:06d}"
