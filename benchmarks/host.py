"""Measures what the host's memory allows: the bound beside each figure."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np

from pcpbench import _native

FRAME_BYTES = 16
PAGE_BYTES = 4096
LINE_BYTES = 64
LOADS = 20_000
GATHERS = 1_000_000


def frame_array_bytes(memory_bytes: int) -> int:
    """Size of the page frame array of a simulated machine."""
    return memory_bytes // PAGE_BYTES * FRAME_BYTES


def chase_ns(array_bytes: int) -> float:
    """ns of a load whose address is the result of the load before, on random lines."""
    cpu = min(os.sched_getaffinity(0))
    chase = _native.PointerChase(bytes=array_bytes, touch_cpu=cpu)
    return min(float(chase.ns_per_load(cpu=cpu, loads=LOADS)) for _ in range(20))


def million_lines_per_s(array_bytes: int) -> float:
    """Random 64 B lines a second, in millions, that one core reads when no read waits for another
    (``numpy.take``, its own work included)."""
    lines = np.zeros((max(array_bytes // LINE_BYTES, 1), LINE_BYTES // 8), dtype=np.int64)
    first = lines[:, 0]
    index = np.random.default_rng(1).integers(0, len(lines), GATHERS)
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        first[index].sum()
        best = max(best, GATHERS / (time.process_time() - began) / 1e6)
    return best


def memory_bound(memory_bytes: int) -> dict[str, float]:
    """What the page frame array of a machine costs the host to reach at random."""
    size = frame_array_bytes(memory_bytes)
    return {
        "frames_mib": size / (1 << 20),
        "chase_ns": chase_ns(size),
        "million_lines_per_s": million_lines_per_s(size),
    }


def description() -> dict[str, Any]:
    """The host, as far as a figure depends on it."""
    models = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": models[0] if models else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_1_min": os.getloadavg()[0],
    }
