"""Decides in which order strategies stand over all settings of an experiment.

A replicate's difference from the baseline is averaged over the settings; the mean of these
averages and its Student interval rank the strategy. Settings count alike, whatever their size. On
the scale ratio that is the geometric mean of the settings' ratios.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pcpbench.statistics.difference import Arms, differences_of, own_scale
from pcpbench.statistics.observation import JudgedMetric, Observation
from pcpbench.statistics.pairing import arms_of
from pcpbench.statistics.student import LEAST_VALUES, paired_t


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A strategy's place. ``estimate``, ``low``, ``high``: change from the baseline on the metric's
    own scale, averaged over ``settings``; without an interval where the replicates agree exactly.
    ``n``: replicates."""

    strategy: str
    estimate: float
    low: float | None
    high: float | None
    n: int
    settings: int


def rank(
    results: Iterable[Observation], *, baseline: str, metric: JudgedMetric
) -> tuple[tuple[Ranked, ...], tuple[str, ...]]:
    """The strategies from best to worst, and the labels of those that cannot be ranked.

    The baseline stands among them with a change of 0. A strategy is ranked over the settings in
    which every replicate of it, and of the baseline, has a value; it must have all of the settings
    that the baseline has, or it cannot be compared with the others. Of a metric without a better
    direction, the smaller value stands first.
    """
    arms = list(arms_of(results).values())
    labels = dict.fromkeys(label for setting in arms for label in setting if label != baseline)
    ranked = [Ranked(strategy=baseline, estimate=0.0, low=None, high=None, n=0, settings=len(arms))]
    left_out = []
    for label in labels:
        found = _ranked(label, arms, baseline, metric)
        if found is None:
            left_out.append(label)
        else:
            ranked.append(found)
    ranked.sort(key=lambda place: place.estimate, reverse=metric.better == "higher")
    return tuple(ranked), tuple(left_out)


def _ranked(
    label: str,
    arms: Sequence[Mapping[str, Mapping[int, Observation]]],
    baseline: str,
    metric: JudgedMetric,
) -> Ranked | None:
    by_seed: dict[int, list[float]] = {}
    for setting in arms:
        found = _differences(setting.get(baseline, {}), setting.get(label, {}), metric)
        if found is None:
            return None
        for seed, difference in found.items():
            by_seed.setdefault(seed, []).append(difference)
    averages = [
        math.fsum(values) / len(values) for values in by_seed.values() if len(values) == len(arms)
    ]
    if len(averages) < LEAST_VALUES:
        return None
    if len(set(averages)) == 1:
        mean, low, high = averages[0], None, None
    else:
        tested = paired_t(averages, 0.0)
        mean, low, high = tested.mean, tested.low, tested.high
    estimate = own_scale(metric, mean)
    if estimate is None:
        return None
    return Ranked(
        strategy=label,
        estimate=estimate,
        low=None if low is None else own_scale(metric, low),
        high=None if high is None else own_scale(metric, high),
        n=len(averages),
        settings=len(arms),
    )


def _differences(
    old: Mapping[int, Observation], new: Mapping[int, Observation], metric: JudgedMetric
) -> dict[int, float] | None:
    """Differences by seed; None if a value is missing or cannot be subtracted."""
    seeds = sorted(old.keys() & new.keys())
    values = [[arm[seed].metrics.get(metric.name) for seed in seeds] for arm in (old, new)]
    numbers = [[float(v) for v in arm if v is not None] for arm in values]
    if not seeds or any(len(arm) < len(seeds) for arm in numbers):
        return None
    if metric.scale == "ratio" and min(map(min, numbers)) <= 0:
        return None
    try:
        found = differences_of(metric, Arms(old=numbers[0], new=numbers[1], paired=True))
    except OverflowError:
        return None
    return dict(zip(seeds, found, strict=True))
