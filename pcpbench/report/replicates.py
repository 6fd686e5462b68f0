"""Decides what is said of the number of replicates: how it came about, and what it leaves open."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.report.report import Report
from pcpbench.report.words import plural
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.course import Course
from pcpbench.statistics.looks import Look
from pcpbench.statistics.needed import MOST_REPLICATES, POWER


def replicates(report: Report) -> list[str]:
    """Lines on how the run ended, on what more replicates would decide."""
    lines = [] if report.course is None else [_course(report.course)]
    return [*lines, *_needed(report)]


def _course(course: Course) -> str:
    until = course.until
    asked = (
        f"{until.least} to {until.most}, until the 95 % interval of every primary comparison is "
        f"no wider than {100 * until.ci_width:g} %"
    )
    looks = "; ".join(_look(look) for look in course.looks)
    told = f"Replicates: {asked}. Widths in parts of that: {looks or 'none yet'}."
    if not course.done:
        return f"{told} The run is not finished: {course.replicates} replicates are next."
    if course.narrow:
        return f"{told} That was enough after {course.replicates}."
    return f"{told} After {course.replicates}, the most that was allowed, it is wider."


def percent(part: float) -> str:
    """A part of a whole as a percentage with the digits that matter."""
    return f"{100 * part:.3g} %"


def _look(look: Look) -> str:
    if look.relative_width is None:
        return f"{look.replicates}: nothing has a width"
    widest = f" ({look.widest.metric}, {look.widest.candidate})" if look.widest else ""
    return f"{look.replicates}: {look.relative_width:.2f}{widest}"


def _needed(report: Report) -> list[str]:
    """How many replicates would decide the primary comparisons that are inconclusive."""
    open_ones = [
        c
        for c in report.comparisons
        if c.primary and c.verdict == "inconclusive" and c.estimate is not None and not c.n_failed
    ]
    if not open_ones:
        return []
    return [
        "After how many replicates a new run would decide what is inconclusive, with a "
        f"probability of {100 * POWER:.0f} %, if mean and spread are those of this one:",
        *[f"- {_what(report, c)}: {_count(c)}" for c in _sorted(open_ones)],
    ]


def _sorted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    return sorted(comparisons, key=lambda c: c.replicates_needed or MOST_REPLICATES)


def _what(report: Report, c: Comparison) -> str:
    return f"{c.metric} of {c.candidate} ({report.setting_name(c.setting)})"


def _count(c: Comparison) -> str:
    if c.replicates_needed is None:
        return f"more than {MOST_REPLICATES:,}, or a wider margin"
    return f"about {plural(c.replicates_needed, 'replicate')}"
