"""Decides whether a recording can be trusted, and gives what it says column by column."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcpbench.errors import InputError, Problem, unreadable
from pcpbench.trace.source import Damaged, find_recording, find_text, read_chunks

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEAD_NAME = "meta.json"
# The values of the column ``kind`` (native/trace/trace_reader.hpp).
ALLOC, ALLOC_FAILED, FREE, FREE_BATCHED, DRAIN_ALL, DRAIN_INNER, BULK_PAGE = range(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a ring buffer says was asked of the page allocator, in the order of its lines.

    ``path``: of the text. ``kernel``: release, "" if unknown. ``cpus``: CPU numbers that made
    calls, ascending. ``tick_ns``: ns of one unit of the column ``time``, None if unknown.
    ``columns``: arrays of equal lengths: ``kind`` (ALLOC ...), ``order``, ``migratetype``, ``cpu``,
    ``line``, ``pfn``, ``time``. ``lines``: of the text. ``text_sha256``: of the unpacked text.
    """

    path: Path
    kernel: str
    cpus: tuple[int, ...]
    tick_ns: float | None
    columns: Mapping[str, NDArray[Any]]
    lines: int
    text_sha256: str


def load_recording(case: str | Path, *, relative_to: Path | None = None) -> Recording:
    """Reads a recording: the name of a shipped one, a case folder, or a tracefs text (plain, gz,
    xz, zst). ``relative_to``: folder that a relative path starts from, default the current one.

    Raises InputError, all problems at once: not found, cut or broken, lost events, lines that are
    no events, another text than its head names, nothing recorded of the allocator.
    """
    path = find_recording(str(case), relative_to or Path())
    text = find_text(path)
    head = read_head(path / HEAD_NAME) if path.is_dir() else {}
    reader, sha256, cut = _read(text)
    summary = reader.summary()
    problems = _problems(str(text), summary, cut, lines=summary["lines"])
    wanted = head.get("sha256", {}).get("trace.txt", sha256)
    if not problems and sha256 != wanted:
        thing = "the text is not the one that meta.json names (sha256 differs)"
        problems.append(Problem(thing, str(text), "copy the recording anew"))
    columns = reader.columns()
    if not problems and not len(columns["kind"]):
        remedy = "record with the events of kmem: mm_page_alloc, mm_page_free"
        problems.append(Problem("no call of the page allocator was recorded", str(text), remedy))
    if problems:
        raise InputError(problems)
    return Recording(
        path=text,
        kernel=head.get("kernel", ""),
        cpus=tuple(sorted({int(cpu) for cpu in columns["cpu"]})),
        tick_ns=_tick_ns(head, seconds_clock=summary["seconds_clock"]),
        columns=columns,
        lines=summary["lines"],
        text_sha256=sha256,
    )


def read_head(path: Path) -> dict[str, Any]:
    """The head of a recording, {} if there is none. Raises InputError if it is no such head."""
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise InputError.one(f"not JSON: {error.msg}", place, "correct the syntax") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(path, error, "not a JSON text") from error
    problems = _head_problems(head)
    if problems:
        raise InputError([Problem(thing, str(path), "correct it") for thing in problems])
    return dict(head)


def _head_problems(head: Any) -> list[str]:
    if not isinstance(head, dict):
        return ["the head is not a mapping"]
    problems = []
    if not isinstance(head.get("kernel", ""), str):
        problems.append("kernel is not a text")
    khz = head.get("tsc_khz", 1)
    if isinstance(khz, bool) or not isinstance(khz, int) or not 0 < khz < 10**8:
        problems.append("tsc_khz is not a whole number of kHz")
    if not isinstance(head.get("sha256", {}), dict):
        problems.append("sha256 is not a mapping from file to digest")
    if head.get("lost_events", 0) != 0:
        problems.append(f"{head['lost_events']} events were lost while recording")
    elif head.get("complete", True) is not True:
        problems.append("the recording is incomplete, says its head")
    return problems


def _read(text: Path) -> tuple[Any, str, str | None]:
    from pcpbench._native import TraceReader

    reader = TraceReader()
    digest = hashlib.sha256()
    cut = None
    try:
        for chunk in read_chunks(text):
            digest.update(chunk)
            reader.feed(chunk)
    except Damaged as damage:
        cut = str(damage)
    reader.finish()
    return reader, digest.hexdigest(), cut


def _problems(
    text: str, summary: Mapping[str, Any], cut: str | None, *, lines: int
) -> list[Problem]:
    problems = []
    if cut is not None:
        problems.append(Problem(cut, f"{text}:{lines + 1}", "copy or record it anew"))
    elif summary["ends_mid_line"]:
        thing = "the text ends in the middle of a line: it was cut"
        problems.append(Problem(thing, f"{text}:{lines + 1}", "copy or record it anew"))
    elif summary["has_header"] and summary["events"] < summary["header_in_buffer"]:
        thing = f"{summary['events']} events of the {summary['header_in_buffer']} in its header"
        problems.append(Problem(f"it was cut: {thing}", f"{text}:{lines}", "copy it anew"))
    if lost := summary["lost_events"]:
        place = f"{text}:{summary['lost']['first_line']}"
        remedy = "record with a larger buffer (buffer_size_kb)"
        problems.append(Problem(f"{lost} events were lost", place, remedy))
    overwritten = summary["header_written"] - summary["header_in_buffer"]
    if summary["has_header"] and overwritten > 0:
        remedy = "record with a larger buffer (buffer_size_kb)"
        problems.append(Problem(f"{overwritten} events were overwritten", text, remedy))
    for key, thing, remedy in (
        ("malformed", "not an event of a ring buffer's text", "is it a tracefs trace file?"),
        ("backwards", "time runs backwards on a CPU", "keep the order of the ring buffer"),
    ):
        if count := summary[key]["count"]:
            start = summary[key]["first_text"].decode(errors="backslashreplace").strip()
            more = f" and {count - 1} more" if count > 1 else ""
            place = f"{text}:{summary[key]['first_line']}"
            problems.append(Problem(f"{thing}: {start!r}{more}", place, remedy))
    return problems


def _tick_ns(head: Mapping[str, Any], *, seconds_clock: bool) -> float | None:
    if seconds_clock:
        return 1.0
    khz = head.get("tsc_khz")
    return None if khz is None else 1e6 / khz
