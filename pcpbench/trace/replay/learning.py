"""Decides how a case without snapshots is replayed: its lists are learnt from its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pcpbench.errors import InputError, unreadable
from pcpbench.trace.recording import HEAD_NAME, read_head
from pcpbench.trace.replay.case import Case
from pcpbench.trace.replay.feeding import feed
from pcpbench.trace.replay.score import ReplayResult, result_of
from pcpbench.trace.zoneinfo import X86_ZONES, ZoneInfo, read_zoneinfo

ZONEINFO = Path("before") / "zoneinfo"
MOST_CPUS = 1024


def learn(
    case: Case, kernel: str, policy: Mapping[str, str | bool | int], *, inputs: str
) -> ReplayResult:
    """Predicts what the events of ``case`` determine with the rules ``policy`` of ``kernel``.

    ``inputs`` is ``order`` or ``facts``: without outcomes no list is ever known. Raises InputError
    with file and line for anything wrong with the files."""
    from pcpbench._native import Learner

    if inputs == "calls":
        raise InputError.one(
            "without a snapshot the lists cannot be learnt from the calls alone",
            str(case.folder),
            "use --inputs order",
        )
    native = Learner(dict(policy), [_native_zone(zone) for zone in _zones(case)], MOST_CPUS)
    feed(native, case)
    return result_of(case.name, kernel, inputs, native)


def recorded_release(case: Case) -> str:
    """The kernel's release as the head says. Raises InputError if it does not."""
    path = case.folder / HEAD_NAME
    release = read_head(path).get("kernel", "")
    if not release:
        raise InputError.one(
            "nothing says which kernel was recorded", str(path), "choose a preset with --kernel"
        )
    return str(release)


def _zones(case: Case) -> Sequence[ZoneInfo]:
    path = case.folder / ZONEINFO
    if not path.is_file():
        return X86_ZONES
    try:
        zones = read_zoneinfo(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error, "not a text") from error
    if not zones:
        raise InputError.one("it names no zone", f"{path}:1", "remove it, or record again")
    return zones


def _native_zone(zone: ZoneInfo) -> tuple[int, str, int, int, int, int, int]:
    return (
        zone.node,
        zone.name,
        zone.start_pfn,
        zone.end_pfn,
        zone.batch,
        zone.high_min,
        zone.high_max,
    )
