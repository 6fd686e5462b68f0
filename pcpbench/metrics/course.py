"""Decides in which windows the course of a cell is kept, from its first instant on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# As many as `pcpbench aa` looks at; the white-noise limits of MSER ask for eight at least.
WINDOWS = 16
EPOCH_PS = 1_000_000_000
KINDS = ("pages", "calls", "alloc_ps")
METRICS = ("pages moved", "allocation latency")


def course_counters(epochs: Sequence[tuple[int, int, int]]) -> dict[str, int]:
    """Counters of equal windows, of whole milliseconds each, from the core's milliseconds:
    ``course.NN.pages`` and so on, and ``course.window_ps``. What is left at the end is dropped; a
    cell of fewer milliseconds than windows has none."""
    size = len(epochs) // WINDOWS
    if not size:
        return {}
    counters = {"course.window_ps": size * EPOCH_PS}
    for window in range(WINDOWS):
        sums = map(sum, zip(*epochs[window * size : (window + 1) * size], strict=True))
        for kind, value in zip(KINDS, sums, strict=True):
            counters[f"course.{window:02d}.{kind}"] = value
    return counters


def course_of(counters: Mapping[str, int]) -> dict[str, list[float | None]]:
    """By name of ``METRICS``, its value in each window; empty if none was kept."""
    if "course.window_ps" not in counters:
        return {}
    rows = [[counters[f"course.{i:02d}.{kind}"] for kind in KINDS] for i in range(WINDOWS)]
    pages: list[float | None] = [float(row[0]) for row in rows]
    latency = [row[2] / row[1] if row[1] else None for row in rows]
    return {METRICS[0]: pages, METRICS[1]: latency}
