"""Decides how many pages a drain gets for each interrupt it sends: a metric of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics import Metric, Missing, RawMeasurements
from pcpbench.plugin import hookimpl


def pages_per_ipi(raw: RawMeasurements) -> float | Missing:
    """Pages that drains freed, divided by the interrupts they sent."""
    ipis = raw.counters["drain_ipis"]
    pages = raw.counters["drain_pages"]
    if ipis == 0:
        return Missing("drains sent no interrupt")
    if pages == 0:
        return Missing("drains freed no page")
    return pages / ipis


METRIC = Metric(
    name="drain.pages_per_ipi",
    title="pages for each interrupt of a drain",
    unit="pages",
    better="higher",
    scale="ratio",
    margin=0.05,
    help="Pages that drains freed for each interrupt they sent.",
    raw="drain_pages / drain_ipis",
    of=pages_per_ipi,
)


@hookimpl
def pcpbench_metrics() -> Sequence[Metric]:
    return [METRIC]
