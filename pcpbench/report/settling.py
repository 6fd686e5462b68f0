"""Decides what a report says of the warm-up: whether the cells had settled when measuring began."""

from __future__ import annotations

from pcpbench.metrics.course import METRICS
from pcpbench.report.numbers import value_text, values_text
from pcpbench.report.report import Report
from pcpbench.report.words import listed
from pcpbench.statistics.warm_up import Settling, too_short

METHOD = "MSER (White 1997) on 16 windows from the first instant"


def settling_told(report: Report) -> str:
    """A sentence on all strategies and settings, "" where nothing is known."""
    known = [one for both in report.settling.values() for one in both if not one.why]
    if not known:
        return ""
    warm_up_ns = min(result.cell.warm_up_ns for result in report.results)
    warm_up = value_text(warm_up_ns, "ns")
    short = [one for one, is_so in zip(known, too_short(known, warm_up_ns), strict=True) if is_so]
    if short:
        return (
            f"The warm-up of {warm_up} is too short by {METHOD}: {_late(short, len(known))}, and "
            "what is measured first differs from the rest (Student's t over seeds, Holm). Give "
            "simulate.warm_up more (docs/statistics.md)."
        )
    late = [one for one in known if not one.enough(warm_up_ns)]
    if not late:
        return (
            f"The warm-up of {warm_up} suffices by {METHOD}: pages moved and allocation latency "
            "had settled in every setting, with every strategy."
        )
    return (
        f"The warm-up of {warm_up} suffices: {METHOD} would drop more for "
        f"{_late(late, len(known))}, which noise alone makes it do in three of ten cases, but what "
        "is measured first does not differ from the rest (Student's t over seeds, Holm)."
    )


def _late(found: list[Settling], known: int) -> str:
    """What settles when, by metric."""
    ends: dict[str, list[int | None]] = {}
    for one in found:
        ends.setdefault(one.metric, []).append(one.settled_ns)
    told = []
    for metric, own in ends.items():
        later = [float(end) for end in own if end is not None]
        when = [f"after {values_text(later, 'ns')}"] if later else []
        if len(later) < len(own):
            when.append("not within the first half")
        told.append(
            f"{metric} in {len(own)} of {known // len(METRICS)} combinations of strategy and "
            f"setting ({listed(when)})"
        )
    return listed(told)
