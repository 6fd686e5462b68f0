"""Decides which files are a case, and that they belong together.

A case is a folder with ``trace.txt``, to start from ``snap0.txt`` and to compare the end
``snap1.txt``, packed or not; ``meta.json`` beside them says what was recorded. Without a snapshot
to start from the lists are learnt from the events.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pcpbench.errors import InputError, suggestion
from pcpbench.trace.recording import HEAD_NAME, read_head
from pcpbench.trace.source import Damaged, find_recording, find_text, read_chunks

PACKINGS = (".xz", ".gz", ".zst", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The files of a recording. ``before`` and ``after`` are None where no snapshot was taken."""

    name: str
    folder: Path
    before: Path | None
    text: Path
    after: Path | None


def find_case(path: str) -> Case:
    """The case that ``path`` names: a folder, or a shipped recording. Raises InputError."""
    folder = find_recording(path, Path())
    if not folder.is_dir():
        raise InputError.one(
            "a replay needs the folder of a case, not a file",
            str(folder),
            "give the folder that holds trace.txt; `kind: trace` takes a text alone",
        )
    read_head(folder / HEAD_NAME)  # an incomplete recording is refused before anything is read
    return Case(
        name=f"{folder.resolve().parent.name}/{folder.resolve().name}",
        folder=folder,
        before=_member(folder, "snap0.txt"),
        text=find_text(folder),
        after=_member(folder, "snap1.txt"),
    )


def read_snapshot(path: Path) -> Any:
    """The snapshot in a file, as the core keeps it. Raises InputError with file and line."""
    from pcpbench._native import Snapshot

    try:
        text = b"".join(read_chunks(path))
    except Damaged as error:
        raise InputError.one(str(error), str(path), "record it again") from error
    snapshot = Snapshot()
    line, fault = snapshot.read(text)
    if line:
        raise InputError.one(f"not a usable snapshot: {fault}", f"{path}:{line}", "record it again")
    return snapshot


def check_origin(case: Case, before: Any, after: Any) -> None:
    """Raises InputError if snapshots and recording are of different kernels."""
    if after is not None and (after.release, after.cpus) != (before.release, before.cpus):
        raise InputError.one(
            f"the snapshot after is of {after.release}, the one before of {before.release}",
            str(case.after),
            "give the two snapshots of one recording",
        )
    meta = case.folder / HEAD_NAME
    kernel = read_head(meta).get("kernel", before.release)
    if kernel != before.release:
        raise InputError.one(
            f"the recording is of {kernel}, the snapshot of {before.release}",
            str(meta),
            "give a snapshot of the kernel that was recorded",
        )


def preset_name(release: str, presets: dict[str, str]) -> str:
    """The preset for a kernel's release (``uname -r``); ``presets``: release by name.

    Raises InputError with the names if none fits."""
    for name, of in presets.items():
        rest = release.removeprefix(of)
        if rest != release and not rest[:1].isdigit():
            return name
    raise InputError.one(
        f"no preset is for the kernel {release}{suggestion(release, presets)}",
        None,
        f"choose one with --kernel: {', '.join(presets)}",
    )


def _member(folder: Path, name: str) -> Path | None:
    return next((path for end in PACKINGS if (path := folder / (name + end)).is_file()), None)
