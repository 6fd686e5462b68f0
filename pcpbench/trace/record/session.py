"""Decides how a recording proceeds: what is checked first, when it ends, and when it is whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pcpbench.errors import CHOOSE, NO_FOLDER, InputError, unwritable
from pcpbench.trace.record.state import available_bytes, describe_machine, read_state
from pcpbench.trace.record.text import BEGIN, END, TextFacts, write_text
from pcpbench.trace.record.tracefs import TRACEFS, Instance, check_access, processes_of

FORMAT = "pcpbench-recording/1"
HEAD_NAME = "meta.json"
TEXT_NAME = "trace.txt.xz"
MOST_BUFFER_KIB = 128 << 10
LEAST_BUFFER_KIB = 1 << 10
# All CPUs together take at most this part of the memory that is to be had.
BUFFER_SHARE = 8
# How long an interrupted command may take to end by itself.
GRACE_S = 3.0
# How long a signal may go unnoticed.
PIECE_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to record. ``folder``: the case to make, must not exist. ``command``: run and recorded
    to its end; empty: none. ``seconds``: end after so many, None: with the command, or when
    interrupted. ``buffer_kib``: for each CPU, None: by the memory there is."""

    folder: Path
    command: Sequence[str] = ()
    seconds: float | None = None
    buffer_kib: int | None = None
    tracefs: Path = TRACEFS


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was recorded. ``lost``: empty if the recording is whole, else why not.
    ``interrupted``: before the command or the time had ended."""

    folder: Path
    events: int
    seconds: float
    lost: Sequence[str]
    interrupted: bool
    command_exit: int | None
    absent: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How the recorded time went: the command's pid and exit code, None without one or where we
    ended it; whether it was interrupted."""

    pid: int | None = None
    command_exit: int | None = None
    interrupted: bool = False


def record(request: Request, tell: Callable[[str], None]) -> Recorded:
    """Records the running kernel into a new folder; ``tell`` is told what is going on.

    Raises EnvironmentFailed (no root, no tracefs, no such events, unwritable) or InputError (no
    such command, the folder exists), in each case without leaving anything behind.
    """
    check_access(request.tracefs)
    program = _program(request.command)
    with _new_folder(request.folder) as folder, _ended_by_signals(), _instance(request) as own:
        tell(f"recording with {own.buffer_kib()} KiB of buffer for each CPU, clock {own.clock}")
        _write_state(folder / "before", read_state())
        began_ns = time.monotonic_ns()
        course = _wait(request, program, own)
        ended_ns = time.monotonic_ns()
        own.mark(f"{END} mono_ns={ended_ns}")
        own.stop()
        _write_state(folder / "after", read_state())
        tell("writing what was recorded")
        return _kept(request, folder, own, course, (ended_ns - began_ns) / 1e9)


def _kept(
    request: Request, folder: Path, own: Instance, course: _Course, seconds: float
) -> Recorded:
    """Writes text and head into the folder."""
    with (own.folder / "trace").open("rb") as source:
        facts = write_text(source, folder / TEXT_NAME)
    losses = own.losses()
    head = _head(request, own, facts, losses) | {
        "command_exit": course.command_exit,
        "interrupted": course.interrupted,
        "seconds": round(seconds, 6),
        "buffer_kib_per_cpu": own.buffer_kib(),
        "tasks": _tasks(facts, course.pid),
    }
    (folder / HEAD_NAME).write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
    return Recorded(
        folder=request.folder,
        events=sum(facts.events.values()),
        seconds=seconds,
        lost=head["incomplete_because"],
        interrupted=course.interrupted,
        command_exit=course.command_exit,
        absent=own.absent,
    )


def _head(
    request: Request, own: Instance, facts: TextFacts, losses: dict[str, int]
) -> dict[str, Any]:
    """What ``meta.json`` says of machine, clock and text; ``tsc_khz`` only if the clock ticks."""
    lost = _why_incomplete(losses, facts)
    khz = facts.tsc_khz() if own.clock == "x86-tsc" else None
    return describe_machine() | {
        "format": FORMAT,
        "case": request.folder.name,
        "command": " ".join(request.command),
        "trace_clock": own.clock,
        **({} if khz is None else {"tsc_khz": khz}),
        "events": dict(sorted(facts.events.items())),
        "absent_events": list(own.absent),
        "complete": not lost,
        "incomplete_because": lost,
        "lost_events": max(sum(losses.values()), facts.lost) + facts.missing,
        "sha256": {"trace.txt": facts.sha256},
    }


def default_buffer_kib(cpus: int) -> int:
    """KiB for each CPU: a share of what is available, within bounds."""
    share = available_bytes() // 1024 // BUFFER_SHARE // max(cpus, 1)
    return min(max(share, LEAST_BUFFER_KIB), MOST_BUFFER_KIB)


@contextmanager
def _instance(request: Request) -> Iterator[Instance]:
    with Instance(request.tracefs) as own:
        own.set_up(request.buffer_kib or default_buffer_kib(os.cpu_count() or 1))
        yield own


def _program(command: Sequence[str]) -> str | None:
    if not command:
        return None
    path = shutil.which(command[0])
    if path is None:
        raise InputError.one(
            f"there is no program '{command[0]}' to run",
            remedy="give what follows -- as you would type it in a shell",
        )
    return path


def _wait(request: Request, program: str | None, own: Instance) -> _Course:
    """From the start until the command or the time ends. Without both, an interruption is the
    meant end."""
    child = None
    try:
        own.start()
        own.mark(f"{BEGIN} mono_ns={time.monotonic_ns()}")
        if program is not None:
            child = subprocess.Popen([program, *request.command[1:]])
        # Slept in pieces: a signal that comes just before a system call would not end it.
        left_s = float("inf") if request.seconds is None else request.seconds
        ends_at = time.monotonic() + left_s
        while (left_s := ends_at - time.monotonic()) > 0:
            if child is None:
                time.sleep(min(left_s, PIECE_S))
            elif _has_ended(child, min(left_s, PIECE_S)):
                break
    except KeyboardInterrupt:
        meant = program is None and request.seconds is None
        return _ended(child, not meant)
    return _ended(child, False)


def _has_ended(child: subprocess.Popen[bytes], timeout_s: float) -> bool:
    try:
        child.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _ended(child: subprocess.Popen[bytes] | None, interrupted: bool) -> _Course:
    """Ends a command that still runs: it was told to by the terminal, or its time is over. What it
    then ends with says nothing."""
    if child is None:
        return _Course(interrupted=interrupted)
    if child.poll() is not None:
        return _Course(pid=child.pid, command_exit=child.returncode, interrupted=interrupted)
    child.terminate()
    if not _has_ended(child, GRACE_S):
        child.kill()
        child.wait()
    return _Course(pid=child.pid, interrupted=interrupted)


def _why_incomplete(losses: dict[str, int], facts: TextFacts) -> list[str]:
    lost = [f"{way}: {count} events" for way, count in losses.items()]
    if facts.lost and not losses:
        lost.append(f"{facts.lost} events were lost, says the text")
    if facts.missing:
        lost.append(f"{facts.missing} of {facts.promised} events are not in the text")
    return lost


def _tasks(facts: TextFacts, pid: int | None) -> dict[str, Any]:
    """Whose the events are: ours, the command's (its children too), or everybody else's."""
    own = os.getpid()
    command = [] if pid is None else processes_of(facts.forks, pid)
    by_pid = facts.by_pid
    events = {"recorder": by_pid[own], "command": sum(by_pid[pid] for pid in command)}
    events["other"] = by_pid.total() - events["recorder"] - events["command"]
    return {"recorder_pid": own, "command_pids": command, "events": events}


def _write_state(folder: Path, state: dict[str, str]) -> None:
    folder.mkdir()
    for name, text in state.items():
        (folder / name).write_text(text, encoding="utf-8")


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """A folder that gets its name when all is in it. Raises InputError, EnvironmentFailed."""
    if path.exists():
        raise InputError.one("it exists already", str(path), "name a new folder with --output")
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise unwritable(path, error, CHOOSE, thing=NO_FOLDER) from error
    try:
        yield partial
        partial.rename(path)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a recording as Ctrl-C does: tidily."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        with suppress(ValueError):  # not in the main thread: nobody can interrupt us
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
