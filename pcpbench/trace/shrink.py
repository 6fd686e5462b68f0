"""Decides which lines of a recording a repeatable scenario needs, and writes them as a case.

``python -m pcpbench.trace.shrink CASE OUT --lines 10000-204415``
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pcpbench.errors import InputError, PcpbenchError
from pcpbench.trace import recording as rows
from pcpbench.trace.recording import HEAD_NAME, Recording, load_recording, read_head
from pcpbench.trace.source import find_recording, find_text, read_chunks

# Addresses of page structs and probe arguments name nothing that a reader uses.
_DROPPED_FIELDS = re.compile(rb" (?:page|a\d)=\S+")
_LIST_PUSH = re.compile(rb": PF .*\bpfn=([0-9a-f]+)")
_KEPT_HEAD_KEYS = ("kernel", "kernel_version", "case", "command", "trace_clock", "tsc_khz", "time")


def shrink(case: str, out: Path, *, first_line: int, last_line: int, source: str) -> None:
    """Writes lines ``first_line`` to ``last_line`` of a recording to the new folder ``out``.

    Kept are allocations, frees, drains, bulk allocations, and of pages that were allocated before
    the window the line that tells their migratetype. ``source``: where the recording comes from.
    Raises InputError if the recording is bad, the window holds no call, or ``out`` exists.
    """
    recording = load_recording(case)
    path = find_recording(case, Path())
    if out.exists():
        raise InputError.one("it exists already", str(out), "name a new folder")
    kept = _kept_lines(recording, first_line, last_line)
    if not kept:
        remedy = f"choose lines between 1 and {recording.lines}"
        raise InputError.one("no call lies in the window", str(recording.path), remedy)
    comments, lines = _texts(recording, kept, first_line, last_line)
    text = b"".join([*_with_count(comments, len(lines)), *lines])
    head = read_head(path / HEAD_NAME) if path.is_dir() else {}
    short = {key: head[key] for key in _KEPT_HEAD_KEYS if key in head}
    short |= {
        "source": source,
        "cut": f"{_short_name(path)}, lines {first_line}-{last_line}",
        "cut_from_sha256": recording.text_sha256,
        "cut_from_lines": recording.lines,
        "recorded_cpus": list(recording.cpus),
        "sha256": {"trace.txt": hashlib.sha256(text).hexdigest()},
    }
    out.mkdir(parents=True)
    packed = lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
    (out / "trace.txt.xz").write_bytes(packed)
    (out / HEAD_NAME).write_text(json.dumps(short, indent=1) + "\n", encoding="utf-8")


def _short_name(path: Path) -> str:
    """The end of a path: where the recording lay on somebody's machine says nothing to others."""
    return "/".join(path.resolve().parts[-2:])


def _kept_lines(recording: Recording, first: int, last: int) -> dict[int, int]:
    """Number of each line with a call, and its page if that was in use before the window."""
    kept: dict[int, int] = {}
    allocated: set[int] = set()
    names = ("line", "kind", "pfn")
    table = (recording.columns[name].tolist() for name in names)
    for line, kind, pfn in zip(*table, strict=True):
        if not first <= line <= last or kind == rows.FREE_BATCHED:
            continue
        unknown = kind == rows.FREE and pfn not in allocated
        kept[line] = pfn if unknown else -1
        if kind in (rows.ALLOC, rows.BULK_PAGE):
            allocated.add(pfn)
    return kept


def _texts(
    recording: Recording, kept: dict[int, int], first: int, last: int
) -> tuple[list[bytes], list[bytes]]:
    """(comment lines at the head, kept lines), each with its newline."""
    comments: list[bytes] = []
    lines: list[bytes] = []
    awaited: set[int] = set()
    for number, line in enumerate(_lines(recording.path), start=1):
        if number > last:
            break
        if line.startswith(b"#"):
            comments.append(line)
        if number < first:
            continue
        push = _LIST_PUSH.search(line)
        if number in kept:
            awaited.add(kept[number])
        elif push is not None and int(push[1], 16) in awaited:
            awaited.discard(int(push[1], 16))
        elif b": K alloc_pages_bulk " not in line:
            continue
        lines.append(_DROPPED_FIELDS.sub(b"", line))
    return comments, lines


def _lines(path: Path) -> Iterator[bytes]:
    rest = b""
    for chunk in read_chunks(find_text(path)):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in lines)


def _with_count(comments: Sequence[bytes], events: int) -> list[bytes]:
    counts = b"entries-in-buffer/entries-written: %d/%d" % (events, events)
    return [re.sub(rb"entries-in-buffer/entries-written: \d+/\d+", counts, c) for c in comments]


def _window(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"'{text}' is no window; write FIRST-LAST, such as 1-5000")
    return int(first), int(last)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pcpbench.trace.shrink", description=__doc__)
    parser.add_argument("case", help="folder or file of the recording")
    parser.add_argument("out", type=Path, help="folder to write, must not exist")
    parser.add_argument("--lines", type=_window, required=True, metavar="FIRST-LAST")
    parser.add_argument("--source", default="", help="where the recording comes from, in words")
    options: Any = parser.parse_args(arguments)
    first, last = options.lines
    try:
        shrink(options.case, options.out, first_line=first, last_line=last, source=options.source)
    except PcpbenchError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
