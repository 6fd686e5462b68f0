"""Decides when a mean, a quantile or a maximum of latencies may be shown, and when it may not."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.metrics.histogram import Histogram
from pcpbench.metrics.metric import Missing

LEAST_SAMPLES = 30
LEAST_EPISODES = 10

NO_SAMPLES = Missing("no samples")
FEW_SAMPLES = Missing(f"fewer than {LEAST_SAMPLES} samples")
FEW_EPISODES = Missing(f"fewer than {LEAST_EPISODES} separate episodes (1 ms) beyond it")
CENSORED_QUANTILE = Missing("it may fall among the drains unfinished at the end")
CENSORED = Missing("drains were unfinished at the end, and how long they last is not known")

# Ways to sum up a histogram, by the last part of a metric's name.
STATISTICS = ("mean", "p50", "p99", "p99.9", "max")
QUANTILES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


def _ns(value_ps: int) -> float:
    return value_ps / 1000


def summarise(histogram: Histogram, statistic: str) -> float | Missing:
    """One of ``STATISTICS`` in ns, or why it is not to be shown.

    A quantile needs 30 samples and 10 separate episodes beyond it, so that neither a handful of
    values nor one long stall that delayed many calls decides it.
    """
    if not histogram.count:
        return NO_SAMPLES
    if statistic == "mean":
        return histogram.sum_ps / (1000 * histogram.count)
    if statistic == "max":
        return _ns(histogram.max_ps)
    return _quantile(histogram, QUANTILES[statistic])


def _quantile(histogram: Histogram, q: float) -> float | Missing:
    if histogram.count < LEAST_SAMPLES:
        return FEW_SAMPLES
    rank = histogram.rank_of(q)
    if histogram.episodes_beyond(rank) < LEAST_EPISODES:
        return FEW_EPISODES
    return _ns(histogram.value_in_ps(histogram.bucket_at(rank)))


def summarise_censored(
    completed: Histogram, censored: Histogram, statistic: str
) -> float | Missing:
    """The same where some samples are only known to be larger than what was seen of them.

    ``completed``: full durations. ``censored``: time elapsed so far of those cut off at the end.
    A quantile is shown only if no possible duration of the cut-off ones could change it: its
    rank falls on the same bucket whether they ended at once or never. The mean of the completed
    alone would favour whoever leaves the longest unfinished, and the largest value is not known
    either: both are missing as soon as one sample is cut off.
    """
    if not censored.count:
        return summarise(completed, statistic)
    if statistic in ("mean", "max"):
        return CENSORED
    both = completed.merge(censored)
    if both.count < LEAST_SAMPLES:
        return FEW_SAMPLES
    rank = both.rank_of(QUANTILES[statistic])
    if rank > completed.count or completed.bucket_at(rank) != both.bucket_at(rank):
        return CENSORED_QUANTILE
    if both.episodes_beyond(rank) < LEAST_EPISODES:
        return FEW_EPISODES
    return _ns(completed.value_in_ps(completed.bucket_at(rank)))


def worst_of(histograms: Sequence[Histogram], statistic: str) -> float | Missing:
    """The largest of a statistic over CPUs, in ns.

    CPUs without samples have nothing to say. If one that has samples lacks the statistic, the
    worst is not known, and its reason is given.
    """
    summaries = [summarise(h, statistic) for h in histograms if h.count]
    for summary in summaries:
        if isinstance(summary, Missing):
            return summary
    values = [summary for summary in summaries if not isinstance(summary, Missing)]
    return max(values) if values else NO_SAMPLES
