"""Decides how much of an experiment is enough for a first look."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pcpbench.experiment.experiment import Point
from pcpbench.placed_yaml import Entry

# Enough replicates for an interval, enough time to meet a burst of pressure.
QUICK_REPLICATES = 3
QUICK_WARM_UP_NS = 20_000_000
QUICK_TIME_NS = 100_000_000


def shortened(
    replicates: int, points: Sequence[tuple[Point, Entry]], said: Collection[str]
) -> tuple[int, list[tuple[Point, Entry]]]:
    """Fewer replicates and shorter times, but for what is ``said`` (paths, or settings of them)."""
    paths = _paths(said)
    if not said_replicates(said):
        replicates = min(replicates, QUICK_REPLICATES)
    limits = {"warm_up_ns": QUICK_WARM_UP_NS, "time_ns": QUICK_TIME_NS}
    for field in ("warm_up_ns", "time_ns"):
        if {"simulate", f"simulate.{field.removesuffix('_ns')}"} & paths:
            del limits[field]
    shorter = []
    for point, tree in points:
        times = {field: min(getattr(point, field), limit) for field, limit in limits.items()}
        shorter.append((replace(point, **times), tree))
    return replicates, shorter


def said_replicates(said: Collection[str]) -> bool:
    """Whether the number of replicates, or a part of it, is ``said``."""
    return any(path.split(".")[0] == "replicates" for path in _paths(said))


def _paths(said: Collection[str]) -> set[str]:
    return {text.split("=")[0].strip() for text in said}
