"""Decides what one strategy in two arms shows: the noise floor, and how often the tests cry wolf.

Both arms are the same strategy with seeds of their own, so that every difference found between
them is a false alarm.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from pcpbench.statistics.compare import ALPHA, compare_arms
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.difference import own_scale, scaled
from pcpbench.statistics.judge import NO_DIRECTION
from pcpbench.statistics.observation import JudgedMetric, Observation
from pcpbench.statistics.pairing import ComparedCells, Setting, arms_of, unpaired_arms
from pcpbench.statistics.student import LEAST_VALUES, LEVEL, p_of_rows, paired_t, quantile_t

# Enough to tell 5 % from 5.5 %.
SPLITS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """How small a difference of a metric can be seen in a setting with ``n`` replicates an arm.

    ``floor``: half the width of a 95 % interval between arms that share no seeds, a relative
    change for ratios, else in the metric's unit; strategies of one run share their seeds and
    usually see less. None, and ``why``, where it cannot be told. ``margin``: what does not matter.
    """

    metric: str
    setting: Setting
    n: int
    margin: float
    floor: float | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """All cells split anew at random into two arms of pairs, ``splits`` times.

    ``any_primary``: splits in which a primary comparison differs after correction, which is to be
    at most 5 % of them. ``single``: of ``tested`` comparisons, those with an unadjusted p <= 0.05.
    The splits are independent of each other given these cells, but all are of the same cells:
    more splits tell more exactly what these cells give, not what others would.
    """

    splits: int
    any_primary: int
    single: int
    tested: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the rate of ``any_primary`` for these cells, for there being only so
        many splits (Wilson 1927, "Probable inference, the law of succession")."""
        z = NormalDist().inv_cdf((1 + LEVEL) / 2)
        n, rate = self.splits, self.any_primary / self.splits
        middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        return max(0.0, middle - reach), min(1.0, middle + reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoArms:
    """What two arms of one strategy show. ``comparisons``: of the arms as they were simulated."""

    comparisons: tuple[Comparison, ...]
    floors: tuple[NoiseFloor, ...]
    alarms: FalseAlarms

    @property
    def differing(self) -> tuple[Comparison, ...]:
        """The false alarms among the comparisons."""
        return tuple(c for c in self.comparisons if _differs(c))


def two_arms(
    results: Sequence[Observation],
    *,
    labels: tuple[str, str],
    metrics: Mapping[str, JudgedMetric],
    primary: Sequence[str],
    margins: Mapping[str, float],
    splits: int = SPLITS,
) -> TwoArms:
    """Compares the arms, and splits their cells anew. ``labels``: of the two arms."""
    found = arms_of(results)
    arms = [
        unpaired_arms(setting, labels, own.get(labels[0], {}), own.get(labels[1], {}))
        for setting, own in found.items()
    ]
    of_primary = {name: metrics[name] for name in primary if name in metrics}
    return TwoArms(
        comparisons=compare_arms(arms, metrics=metrics, primary=primary, margins=margins),
        floors=tuple(
            _floor(metric, cells, float(margins.get(name, metric.margin)))
            for cells in arms
            for name, metric in metrics.items()
        ),
        alarms=_alarms(arms, of_primary, splits),
    )


def _differs(c: Comparison) -> bool:
    return c.verdict in ("better", "worse") or (c.verdict is None and NO_DIRECTION in c.reasons)


def _floor(metric: JudgedMetric, cells: ComparedCells, margin: float) -> NoiseFloor:
    n = min(len(cells.old), len(cells.new))
    draft = NoiseFloor(metric=metric.name, setting=cells.setting, n=n, margin=margin)
    found = [result.metrics.get(metric.name) for result in (*cells.old, *cells.new)]
    values = [float(v) for v in found if v is not None and math.isfinite(v)]
    why = ""
    if n < LEAST_VALUES:
        why = "fewer than two replicates"
    elif len(values) < len(found):
        why = "some replicates lack it"
    elif metric.scale == "ratio" and min(values) <= 0:
        why = "a ratio needs values above 0"
    if why:
        return replace(draft, why=why)
    if len(set(values)) == 1:
        return replace(draft, floor=0.0)
    deviation = paired_t(scaled(metric, values), 0.0).deviation
    reach = quantile_t((1 + LEVEL) / 2, 2 * n - 2) * deviation * math.sqrt(2 / n)
    return replace(draft, floor=own_scale(metric, reach))


def _alarms(
    arms: Sequence[ComparedCells], metrics: Mapping[str, JudgedMetric], splits: int
) -> FalseAlarms:
    """Random pairs of all cells, tested as those of a run are."""
    import numpy as np

    generator = np.random.Generator(np.random.PCG64(0))
    smallest, tested = np.ones(splits), np.zeros(splits, np.int64)
    single = 0
    for cells in arms:
        pool = [*cells.old, *cells.new]
        half = len(pool) // 2
        if half < LEAST_VALUES:
            continue
        order = generator.random((splits, len(pool))).argsort(axis=1)
        for metric in metrics.values():
            values = _scaled_pool(metric, pool)
            if values is None:
                continue
            shuffled = np.asarray(values)[order]
            p_values = p_of_rows(shuffled[:, half : 2 * half] - shuffled[:, :half])
            is_tested = ~np.isnan(p_values)
            tested += is_tested
            single += int((p_values[is_tested] <= ALPHA).sum())
            np.fmin(smallest, p_values, out=smallest)
    # Holm's first step decides whether anything differs.
    any_primary = int(((tested > 0) & (smallest * tested <= ALPHA)).sum())
    return FalseAlarms(
        splits=splits, any_primary=any_primary, single=single, tested=int(tested.sum())
    )


def _scaled_pool(metric: JudgedMetric, pool: Sequence[Observation]) -> Sequence[float] | None:
    """The values of all cells on the scale of differences; None if they are not compared."""
    found = [result.metrics.get(metric.name) for result in pool]
    values = [float(v) for v in found if v is not None and math.isfinite(v)]
    lacking = len(values) < len(found) or (metric.scale == "ratio" and min(values) <= 0)
    return None if lacking or len(set(values)) == 1 else scaled(metric, values)
