"""Decides how many cells may run at once: no more than CPUs, and no more than memory holds."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pcpbench.errors import EnvironmentFailed
from pcpbench.simulator.cell import Cell

FRAME_BYTES = 16  # what the core keeps for each simulated page frame, at most
PROCESS_BYTES = 160 << 20  # an interpreter, its packages, streams and histograms
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")


def cell_bytes(cell: Cell) -> int:
    """Memory that simulating the cell takes, from above."""
    frames = -(-cell.machine.memory_bytes // cell.machine.page_bytes)
    return frames * FRAME_BYTES + PROCESS_BYTES


def workers_for(cells: Iterable[Cell], wanted: int | None) -> int:
    """How many cells to run at once. ``wanted``: at most so many; None for one per CPU.

    Raises EnvironmentFailed if the largest cell does not fit into memory even alone.
    """
    each = [cell_bytes(cell) for cell in cells]
    largest, available = max(each, default=PROCESS_BYTES), available_bytes()
    if available is not None and largest > available:
        raise EnvironmentFailed(
            f"the largest cell needs about {_gib(largest)} of memory and {_gib(available)} are "
            "free; simulate a smaller machine (machine.memory)"
        )
    limits = [wanted or usable_cpus(), max(1, len(each))]
    if available is not None:
        limits.append(available // largest)
    return max(1, min(limits))


def usable_cpus() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def available_bytes() -> int | None:
    """Memory that can be had without swapping, within the control group's limit; None if the
    system does not say."""
    found = [limit for limit in (_system_available(), _group_available()) if limit is not None]
    return min(found, default=None)


def _system_available() -> int | None:
    try:
        lines = MEMINFO.read_text().splitlines()
    except OSError:
        return None
    kib = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kib[0]) << 10 if kib else None


def _group_available() -> int | None:
    """What the control group (version 2) still allows; caches count as used, so from below."""
    try:
        path = CGROUP.read_text().rpartition("0::")[2].strip().lstrip("/")
        group = CGROUP_ROOT / path
        limit = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
        reclaimable = _inactive_file_bytes(group)
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(0, int(limit) - used + reclaimable)


def _inactive_file_bytes(group: Path) -> int:
    lines = (group / "memory.stat").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def _gib(count_bytes: int) -> str:
    return f"{count_bytes / (1 << 30):.1f} GiB"
