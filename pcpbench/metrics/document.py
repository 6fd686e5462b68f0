"""Decides how docs/metrics.md presents the declared metrics; the page is written from them."""

from __future__ import annotations

from collections.abc import Iterable

from pcpbench.metrics.metric import UNITS, Metric
from pcpbench.metrics.quantiles import LEAST_EPISODES, LEAST_SAMPLES

INTRODUCTION = f"""\
# Metrics

This page is written from the declarations in `pcpbench/metrics/`
(`python -m pcpbench.metrics.document > docs/metrics.md`); a test checks that it agrees.
`pcpbench list metrics` prints the same.

A metric is measured in each cell, over the simulated time after warm-up. One that does not exist
in a cell is null, and reports give the reason; it is never 0 instead.

- **Quantiles** are shown only with at least {LEAST_SAMPLES} samples and at least {LEAST_EPISODES}
  separate episodes beyond them. An episode is a millisecond of simulated time that holds a sample
  ranked after the quantile, so that one stall which delays a thousand calls counts once. `mean`
  and `max` need one sample. A quantile is the midpoint of its bucket, at most 0.05 % off (32 ps
  below one microsecond), and never outside the exact smallest and largest value.
- **Drains unfinished at the end** are censored: only the time elapsed so far is known. A quantile
  of `drain.latency_ns` is shown only if no possible duration of theirs could change it. Its mean
  and its maximum are null as soon as one drain is unfinished: the mean of the completed ones
  would favour the strategy that leaves the longest unfinished.
- **`isolated.*`** is the worst isolated CPU, each metric by itself, `.sum` the total over all of
  them. Without an isolated CPU they are null. In the last column N is the number of the CPU.
- **Margin**: differences this small do not matter, unless the experiment says otherwise under
  `margins:`. It is a percentage on the scale `ratio`, otherwise in the metric's unit
  (see [statistics](statistics.md)).
- **assumed** marks a number passed through from a hardware profile or a strategy's declaration:
  we get out what we put in. The rest is found by simulation, as far as chance or other CPUs have a
  part in it: a comparison of times that are equal in every pair of replicates is *assumed* too.
"""


def markdown(metrics: Iterable[Metric]) -> str:
    """The page docs/metrics.md."""
    lines = [INTRODUCTION, "## Units", ""]
    lines += [f"- `{unit}`: {meaning}" for unit, meaning in UNITS.items()]
    lines += ["", "## The metrics", ""]
    lines += ["| name | unit | better | scale | margin | meaning | made of |"]
    lines += ["|---|---|---|---|---|---|---|"]
    lines += [_row(metric) for metric in metrics]
    return "\n".join(lines) + "\n"


def margin_text(metric: Metric) -> str:
    """The default margin as a person writes it."""
    if metric.scale == "ratio":
        return f"{100 * metric.margin:g} %"
    return f"{metric.margin:g}"


def _row(metric: Metric) -> str:
    meaning = metric.help
    if metric.source:
        meaning += f" As in {metric.source}."
    if metric.assumed:
        meaning += f" *Assumed*: {metric.assumed}."
    cells = [
        f"`{metric.name}`",
        f"`{metric.unit}`",
        metric.better,
        metric.scale,
        margin_text(metric),
        meaning,
        f"`{metric.raw}`",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    from pcpbench.metrics.builtin import BUILT_IN

    print(markdown(BUILT_IN), end="")
