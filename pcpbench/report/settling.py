"""Decides what a report says of the warm-up: whether the cells had settled when measuring began."""

from __future__ import annotations

from pcpbench.metrics.course import METRICS
from pcpbench.report.numbers import value_text, values_text
from pcpbench.report.report import Report
from pcpbench.report.words import listed


def settling_told(report: Report) -> str:
    """A sentence on all strategies and settings, "" where nothing is known."""
    known = [one for both in report.settling.values() for one in both if not one.why]
    if not known:
        return ""
    warm_up_ns = min(result.cell.warm_up_ns for result in report.results)
    late: dict[str, list[int | None]] = {}
    for one in known:
        if not one.enough(warm_up_ns):
            late.setdefault(one.metric, []).append(one.settled_ns)
    method = "MSER (White 1997) on 16 windows from the first instant"
    if not late:
        return (
            f"The warm-up suffices by {method}: pages moved and allocation latency had settled in "
            "every setting, with every strategy."
        )
    told = []
    for metric, ends in late.items():
        later = [float(end) for end in ends if end is not None]
        when = [f"after {values_text(later, 'ns')}"] if later else []
        if len(later) < len(ends):
            when.append("not within the first half")
        told.append(
            f"{metric} in {len(ends)} of {len(known) // len(METRICS)} combinations of strategy and "
            f"setting ({listed(when)})"
        )
    return (
        f"By {method}, some settle later than the warm-up of {value_text(warm_up_ns, 'ns')}: "
        f"{listed(told)}. With slow phases more simulated time matters more (docs/statistics.md)."
    )
