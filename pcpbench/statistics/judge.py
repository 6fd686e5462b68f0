"""Decides what one metric's pairs show, and when they must not be tested at all."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace

from pcpbench.statistics.comparison import Comparison, Verdict
from pcpbench.statistics.observation import JudgedMetric, Number, Observation
from pcpbench.statistics.paired import LEAST_PAIRS, PairedT, paired_t
from pcpbench.statistics.pairing import PairedCells

NO_DIRECTION = "they differ, and neither direction is declared better"
NOT_POSITIVE = "a ratio needs values above 0 in every replicate"
SAME_DIFFERENCE = "the values vary, their difference is the same in every pair"
MAXIMUM = "a maximum is shown, not judged, unless it is declared primary"
BEYOND_FLOATS = "the values are beyond the range of floating point"
# Differences that vary by less come from rounding, not from seeds.
ROUNDING = 8 * sys.float_info.epsilon

Values = Sequence[tuple[float, float]]


def estimated(
    metric: JudgedMetric, cells: PairedCells, *, margin: float, primary: bool
) -> Comparison:
    """The comparison of one metric, with p-values not yet adjusted; without them if it is
    already settled: exact, failed, missing, or too few pairs."""
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin of {metric.name} is {margin}, which is not a number >= 0")
    draft = _draft(metric, cells, margin, primary)
    gaps = _gaps(metric.name, cells)
    if gaps:
        return replace(draft, reasons=(*draft.reasons, *gaps))
    if len(cells.pairs) < LEAST_PAIRS:
        few = "no pair of cells" if not cells.pairs else "a single pair of cells"
        return replace(draft, verdict="inconclusive", reasons=(*draft.reasons, few))
    try:
        measured = _measured(metric, draft, _complete(_values(metric.name, cells)))
    except OverflowError:
        return replace(draft, reasons=(*draft.reasons, BEYOND_FLOATS))
    return _withheld(metric, measured)


def verdict_by_direction(metric: JudgedMetric, difference: float) -> Verdict | None:
    """Whether the candidate is better or worse; None if no direction is declared better."""
    if metric.better == "neither":
        return None
    return "better" if (difference < 0) == (metric.better == "lower") else "worse"


def _draft(metric: JudgedMetric, cells: PairedCells, margin: float, primary: bool) -> Comparison:
    values = _values(metric.name, cells)
    both = _complete(values)
    lower, higher = sum(c < b for b, c in both), sum(c > b for b, c in both)
    better, worse = (lower, higher) if metric.better == "lower" else (higher, lower)
    reasons = []
    if cells.n_failed:
        reasons.append(f"{cells.n_failed} of {_planned(cells)} pairs have a failed cell")
    if cells.n_unpaired:
        reasons.append(f"{cells.n_unpaired} of {_planned(cells)} seeds have only one of the two")
    setting = cells.setting
    return Comparison(
        metric=metric.name,
        scale=metric.scale,
        hardware=setting.hardware,
        kernel=setting.kernel,
        scenario=setting.scenario,
        sweep=setting.sweep,
        baseline=cells.baseline,
        candidate=cells.candidate,
        n=len(both),
        baseline_value=_mean([b for b, _ in values]),
        candidate_value=_mean([c for _, c in values]),
        margin=margin,
        primary=primary,
        reasons=tuple(reasons),
        pairs_better=None if metric.better == "neither" else better,
        pairs_worse=None if metric.better == "neither" else worse,
        n_failed=cells.n_failed,
        n_unpaired=cells.n_unpaired,
    )


def _planned(cells: PairedCells) -> int:
    return len(cells.pairs) + cells.n_failed + cells.n_unpaired


def _values(name: str, cells: PairedCells) -> list[tuple[Number | None, Number | None]]:
    return [(_value(b, name), _value(c, name)) for b, c in cells.pairs]


def _value(result: Observation, name: str) -> Number | None:
    value = result.metrics.get(name)
    return value if value is not None and math.isfinite(value) else None


def _complete(values: Sequence[tuple[Number | None, Number | None]]) -> list[tuple[float, float]]:
    return [(float(b), float(c)) for b, c in values if b is not None and c is not None]


def _mean(values: Sequence[Number | None]) -> float | None:
    present = [value for value in values if value is not None]
    if not present or len(present) < len(values):
        return None
    try:
        return math.fsum(present) / len(present)
    except OverflowError:
        return None


def _gaps(name: str, cells: PairedCells) -> list[str]:
    """Why the metric is missing, for each of the two strategies and each reason."""
    gaps: dict[tuple[str, str], int] = {}
    for pair in cells.pairs:
        for label, result in zip((cells.baseline, cells.candidate), pair, strict=True):
            if _value(result, name) is None:
                reason = result.null_reasons.get(name, "it was not measured")
                gaps[label, reason] = gaps.get((label, reason), 0) + 1
    n = len(cells.pairs)
    return [
        f"no value for {label} in {k} of {n} replicates: {why}" for (label, why), k in gaps.items()
    ]


def _measured(metric: JudgedMetric, draft: Comparison, values: Values) -> Comparison:
    """The estimate on the metric's own scale, exact or with interval and p-values."""
    arms_constant = all(len(set(arm)) == 1 for arm in zip(*values, strict=True))
    if metric.scale == "ratio" and min(min(pair) for pair in values) <= 0:
        if arms_constant and values[0][0] == values[0][1]:
            return replace(draft, scale="exact", estimate=0.0, verdict="equivalent")
        return replace(draft, reasons=(*draft.reasons, NOT_POSITIVE))
    bound, differences = _differences(metric, values, draft.margin)
    if arms_constant or _constant(metric, values, differences):
        note = () if arms_constant else (SAME_DIFFERENCE,)
        return _exact(metric, replace(draft, reasons=(*draft.reasons, *note)), differences, bound)
    found = paired_t(differences, bound)
    return _on_own_scale(metric, draft, found)


def _differences(metric: JudgedMetric, values: Values, margin: float) -> tuple[float, list[float]]:
    if metric.scale == "ratio":
        # Symmetric, so that swapping baseline and candidate does not change the verdict.
        return math.log1p(margin), [math.log(c) - math.log(b) for b, c in values]
    differences = [c - b for b, c in values]
    if not all(map(math.isfinite, differences)):
        raise OverflowError
    return margin, differences


def _constant(metric: JudgedMetric, values: Values, differences: Sequence[float]) -> bool:
    if metric.scale == "ratio":
        size = max(1.0, *(abs(math.log(value)) for pair in values for value in pair))
    else:
        size = max(abs(value) for pair in values for value in pair)
    return max(differences) - min(differences) <= ROUNDING * size


def _exact(
    metric: JudgedMetric, draft: Comparison, differences: Sequence[float], bound: float
) -> Comparison:
    difference = differences[0]
    verdict: Verdict | None = "equivalent"
    reasons = draft.reasons
    if abs(difference) > bound:
        verdict = verdict_by_direction(metric, difference)
        reasons = reasons if verdict else (*reasons, NO_DIRECTION)
    estimate = _own(metric, difference)
    return replace(draft, scale="exact", estimate=estimate, verdict=verdict, reasons=reasons)


def _on_own_scale(metric: JudgedMetric, draft: Comparison, found: PairedT) -> Comparison:
    estimate = _own(metric, found.mean)
    if estimate is None:
        raise OverflowError
    return replace(
        draft,
        estimate=estimate,
        low=_own(metric, found.low),
        high=_own(metric, found.high),
        p_difference=found.p_difference,
        p_equivalence=found.p_equivalence,
    )


def _own(metric: JudgedMetric, difference: float) -> float | None:
    """A difference as the metric shows it; None if it is too large to be written."""
    if metric.scale != "ratio":
        return difference if math.isfinite(difference) else None
    try:
        return math.expm1(difference)
    except OverflowError:
        return None


def _withheld(metric: JudgedMetric, measured: Comparison) -> Comparison:
    """The comparison without p-values and verdict where none may be given."""
    if measured.n_failed and measured.estimate is not None:
        # Cells do not fail at random: what is left may be biased.
        return replace(measured, p_difference=None, p_equivalence=None, verdict="inconclusive")
    if metric.name.endswith(".max") and not measured.primary:
        return replace(
            measured,
            p_difference=None,
            p_equivalence=None,
            verdict=None,
            reasons=(*measured.reasons, MAXIMUM),
        )
    return measured
