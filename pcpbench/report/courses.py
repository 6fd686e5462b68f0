"""Decides how the courses of a run's cells are put together, to see when they had settled."""

from __future__ import annotations

from collections.abc import Iterable

from pcpbench.metrics.course import METRICS, course_of
from pcpbench.simulator.cell import Cell
from pcpbench.statistics.pairing import Setting
from pcpbench.statistics.warm_up import Settling, settling
from pcpbench.store import RunFile

REPLICATES = 10  # of each setting and strategy, the first ones
Arm = tuple[Setting, str]


def settlings_of(run_file: RunFile, cells: Iterable[Cell]) -> dict[Arm, tuple[Settling, ...]]:
    """How long each strategy took to settle in each setting, on means over its first replicates;
    nothing for cells that are too short, or of a run file that does not say it. ``cells``: those
    that ended well."""
    arms: dict[Arm, list[Cell]] = {}
    for cell in cells:
        if not cell.study:
            arms.setdefault((Setting.of(cell), cell.strategy.label), []).append(cell)
    found = {}
    for arm, own in arms.items():
        counters = list(run_file.counters(own[:REPLICATES]))
        courses = [course for c in counters if (course := course_of(c))]
        if courses:
            window_ns = counters[0]["course.window_ps"] // 1000
            found[arm] = tuple(
                settling(
                    name,
                    [course[name] for course in courses],
                    window_ns,
                    warm_up_ns=own[0].warm_up_ns,
                )
                for name in METRICS
            )
    return found
