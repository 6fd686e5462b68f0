"""Decides how the courses of a run's cells are put together, to see when they had settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pcpbench.metrics.course import METRICS, course_of
from pcpbench.report.merged import FIRST, Merged
from pcpbench.simulator.cell import Cell
from pcpbench.statistics.pairing import Setting
from pcpbench.statistics.warm_up import Settling, settling
from pcpbench.store import RunFile

Arm = tuple[Setting, str]


def settlings_of(
    run_file: RunFile, cells: Iterable[Cell], known: Mapping[Arm, Merged] | None = None
) -> dict[Arm, tuple[Settling, ...]]:
    """How long each strategy took to settle in each setting, on means over its first replicates;
    nothing for cells that are too short, or of a run file that does not say it. ``cells``: those
    that ended well. ``known``: what was read of them already."""
    arms: dict[Arm, list[Cell]] = {}
    for cell in cells:
        if not cell.study:
            arms.setdefault((Setting.of(cell), cell.strategy.label), []).append(cell)
    found = {}
    for arm, own in arms.items():
        read = known.get(arm) if known else None
        counters = read.first if read else list(run_file.counters(own[:FIRST]))
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
