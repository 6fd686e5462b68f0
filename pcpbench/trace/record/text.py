"""Decides what a recorded text says of itself: how whole it is, what is in it, and whose it is."""

from __future__ import annotations

import hashlib
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

CHUNK_BYTES = 1 << 20
# Fast: a recording is large, and the kernel's text packs well at any level.
XZ_PRESET = 2
BEGIN = "pcpbench begin"
END = "pcpbench end"
_EVENT = re.compile(rb"^.+?-(\d+) +\[\d+\] (?:\S+ +)?([\d.]+): (\w+): ?", re.MULTILINE)
_LOST = re.compile(rb"^CPU:\d+ \[LOST (?:(\d+) )?EVENTS\]", re.MULTILINE)
_FORK = re.compile(rb": sched_process_fork: comm=.*? pid=(\d+) child_comm=.*? child_pid=(\d+)")
_MARK = re.compile(
    rb"^.+? ([\d.]+): tracing_mark_write: (pcpbench \w+) mono_ns=(\d+)", re.MULTILINE
)
_ENTRIES = re.compile(rb"^# entries-in-buffer/entries-written: (\d+)/(\d+)", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class TextFacts:
    """What was found while a text was written.

    ``events``: by name. ``by_pid``: events of each task. ``forks``: (parent, child) in order.
    ``lost``: events that the text itself calls lost or overwritten. ``promised``: events that its
    header promises, None without one. ``marks``: (clock ticks, ns) of our own lines by text.
    """

    events: Counter[str] = field(default_factory=Counter)
    by_pid: Counter[int] = field(default_factory=Counter)
    forks: list[tuple[int, int]] = field(default_factory=list)
    lost: int = 0
    promised: int | None = None
    marks: dict[str, tuple[float, int]] = field(default_factory=dict)
    sha256: str = ""

    @property
    def missing(self) -> int:
        """Events that the header promises and the text does not have."""
        return max(0, (self.promised or 0) - sum(self.events.values()))

    def tsc_khz(self) -> int | None:
        """The clock's rate, measured between our first and last line; None if they are not there
        or the clock already counts seconds."""
        try:
            (tick0, ns0), (tick1, ns1) = self.marks[BEGIN], self.marks[END]
        except KeyError:
            return None
        khz = (tick1 - tick0) / (ns1 - ns0) * 1e6 if ns1 > ns0 else 0
        return round(khz) if khz > 10_000 else None


def write_text(source: IO[bytes], target: Path) -> TextFacts:
    """Packs the text of a ring buffer into ``target`` (.xz) and says what is in it."""
    facts = TextFacts()
    digest = hashlib.sha256()
    with lzma.open(target, "wb", preset=XZ_PRESET) as packed:
        for chunk in _whole_lines(source):
            digest.update(chunk)
            packed.write(chunk)
            _note(chunk, facts)
    facts.sha256 = digest.hexdigest()
    return facts


def _whole_lines(source: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := source.read(CHUNK_BYTES):
        end = chunk.rfind(b"\n") + 1
        if end:
            yield rest + chunk[:end]
            rest = chunk[end:]
        else:
            rest += chunk
    if rest:
        yield rest


def _note(chunk: bytes, facts: TextFacts) -> None:
    for pid, _, name in _EVENT.findall(chunk):
        facts.events[name.decode()] += 1
        facts.by_pid[int(pid)] += 1
    for count in _LOST.findall(chunk):
        facts.lost += int(count or 1)
    facts.forks += [(int(parent), int(child)) for parent, child in _FORK.findall(chunk)]
    for ticks, name, ns in _MARK.findall(chunk):
        facts.marks[name.decode()] = (float(ticks), int(ns))
    for kept, written in _ENTRIES.findall(chunk):
        facts.promised = int(kept)
        facts.lost += int(written) - int(kept)
