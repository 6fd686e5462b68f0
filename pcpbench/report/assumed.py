"""Decides which results are *assumed*: a reader's first question is whether a simulation gives out
only what was put in."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.statistics.comparison import Comparison

# What is made of times; a count that no chance touches is still one that was found.
TIMES = ("ns", "ns_per_s", "percent", "per_s", "pages_per_s")
RESOLUTION = 0.064  # ns, of the histograms below a microsecond: less is nothing
ADDED_UP = (
    "assumed: equal in every pair of replicates, so chance and what CPUs do to each other have no "
    "part in it: costs of the profile, added up"
)
STAR = (
    "* assumed: a number of the hardware profile or of the strategy's declaration passed through, "
    "or costs of the profile added up, the same in every replicate; not found by the simulation."
)


def is_added_up(metric: Metric, comparison: Comparison) -> bool:
    """Whether the comparison is of times that are what the profile's costs come to, whatever the
    seed. Two zeros pass nothing through."""
    values = (comparison.baseline_value, comparison.candidate_value)
    some = any(value is not None and abs(value) >= RESOLUTION for value in values)
    return comparison.scale == "exact" and metric.unit in TIMES and some


def assumed(metric: Metric, comparison: Comparison) -> str | None:
    """What a comparison passes through, in words; None where the simulation finds it."""
    if metric.assumed:
        return metric.assumed
    return ADDED_UP.removeprefix("assumed: ") if is_added_up(metric, comparison) else None


def starred(metric: Metric, comparisons: Sequence[Comparison]) -> str:
    """The name of the metric, with a star if all comparisons of a row only pass through."""
    through = all(assumed(metric, c) is not None for c in comparisons)
    return f"{metric.name} *" if through else metric.name
