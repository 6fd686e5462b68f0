"""Decides what of the page allocator's state a kernel without a module shows, and keeps it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

# Kept word for word: name in the case's folder, file of the kernel.
STATE_FILES = {
    "zoneinfo": Path("/proc/zoneinfo"),
    "buddyinfo": Path("/proc/buddyinfo"),
    "pagetypeinfo": Path("/proc/pagetypeinfo"),
}
SYSCTLS = (
    "compact_unevictable_allowed",
    "extfrag_threshold",
    "lowmem_reserve_ratio",
    "min_free_kbytes",
    "percpu_pagelist_fraction",
    "percpu_pagelist_high_fraction",
    "stat_interval",
    "watermark_boost_factor",
    "watermark_scale_factor",
    "zone_reclaim_mode",
)
_CPUS = Path("/sys/devices/system/cpu")


def read_state() -> dict[str, str]:
    """The texts of STATE_FILES as they are now; what cannot be read is left out."""
    state = {}
    for name, path in STATE_FILES.items():
        with suppress(OSError):
            state[name] = path.read_text()
    return state


def describe_machine() -> dict[str, Any]:
    """Kernel, CPUs and settings, for ``meta.json``; what the kernel does not tell is left out."""
    uname = os.uname()
    sysctls = {name: _text(Path("/proc/sys/vm", name)) for name in SYSCTLS}
    cpus = {name: _text(_CPUS / name) for name in ("online", "possible", "isolated", "nohz_full")}
    return {
        "kernel": uname.release,
        "kernel_version": uname.version,
        "machine": uname.machine,
        "page_bytes": os.sysconf("SC_PAGE_SIZE"),
        "cpus": {name: value for name, value in cpus.items() if value is not None},
        "sysctls": {name: value for name, value in sysctls.items() if value is not None},
        "thp": _text(Path("/sys/kernel/mm/transparent_hugepage/enabled")),
    }


def available_bytes() -> int:
    """Memory that can be had without swapping (MemAvailable of /proc/meminfo)."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def _text(path: Path) -> str | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return None if text == "(null)" else text  # how 6.1 prints nohz_full where there is none
