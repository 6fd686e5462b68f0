"""Decides what one metric of two arms shows, and when it must not be tested at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

from pcpbench.statistics.comparison import Comparison, Verdict
from pcpbench.statistics.difference import (
    NOT_POSITIVE,
    Arms,
    arms_constant,
    as_difference,
    constant,
    differences_of,
    own_scale,
    tested,
)
from pcpbench.statistics.observation import JudgedMetric, Number, Observation
from pcpbench.statistics.pairing import ComparedCells
from pcpbench.statistics.shape import Shape, shape_of
from pcpbench.statistics.spread import superiority
from pcpbench.statistics.student import LEAST_VALUES, Tested

NO_DIRECTION = "they differ, and neither direction is declared better"
SAME_DIFFERENCE = "the values vary, their difference is the same in every pair"
MAXIMUM = "a maximum is shown, not judged, unless it is declared primary"
BEYOND_FLOATS = "the values are beyond the range of floating point"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A comparison whose p-values are not yet adjusted. ``tested``: what they rest on, on the
    scale of the differences; None if it is already settled. ``limit``: the margin there."""

    comparison: Comparison
    tested: Tested | None = None
    limit: float = 0.0


def estimated(metric: JudgedMetric, cells: ComparedCells, *, margin: float, primary: bool) -> Draft:
    """The comparison of one metric, with p-values not yet adjusted; without them if it is
    already settled: exact, failed, missing, or too few cells."""
    if not 0 <= margin < math.inf:
        raise ValueError(f"margin of {metric.name} is {margin}, which is not a number >= 0")
    values = [[_value(r, metric.name) for r in arm] for arm in (cells.old, cells.new)]
    draft = _described(metric, cells, values, margin, primary)
    gaps = _gaps(metric.name, cells, values)
    if gaps:
        return Draft(comparison=replace(draft, reasons=(*draft.reasons, *gaps)))
    if min(map(len, values)) < LEAST_VALUES:
        reasons = (*draft.reasons, _too_few(cells))
        some: Verdict | None = "inconclusive" if min(map(len, values)) else None
        return Draft(comparison=replace(draft, verdict=some, reasons=reasons))
    old, new = ([float(v) for v in arm if v is not None] for arm in values)
    arms = Arms(old=old, new=new, paired=cells.paired)
    try:
        measured = _measured(metric, draft, cells, arms)
    except OverflowError:
        return Draft(comparison=replace(draft, reasons=(*draft.reasons, BEYOND_FLOATS)))
    return _withheld(metric, measured)


def verdict_by_direction(metric: JudgedMetric, difference: float) -> Verdict | None:
    """Whether the candidate is better or worse; None if no direction is declared better."""
    if metric.better == "neither":
        return None
    return "better" if (difference < 0) == (metric.better == "lower") else "worse"


Values = Sequence[Sequence[Number | None]]


def _described(
    metric: JudgedMetric, cells: ComparedCells, values: Values, margin: float, primary: bool
) -> Comparison:
    """What is known before anything is computed."""
    setting = cells.setting
    whole = [[v for v in arm if v is not None] for arm in values]
    n = min(map(len, whole))
    if cells.paired:
        n = sum(o is not None and c is not None for o, c in zip(*values, strict=True))
    return Comparison(
        metric=metric.name,
        scale=metric.scale,
        hardware=setting.hardware,
        kernel=setting.kernel,
        scenario=setting.scenario,
        sweep=setting.sweep,
        baseline=cells.baseline,
        candidate=cells.candidate,
        n=n,
        baseline_value=_mean(values[0]),
        candidate_value=_mean(values[1]),
        margin=margin,
        primary=primary,
        reasons=(*cells.notes, *_left_out(cells)),
        paired=cells.paired,
        n_arms=None if cells.paired else (len(whole[0]), len(whole[1])),
        n_failed=cells.n_failed,
        n_unpaired=cells.n_unpaired,
        **({} if metric.better == "neither" else _wins(metric, values, paired=cells.paired)),
    )


class _Wins(TypedDict, total=False):
    """Fields of a comparison."""

    pairs_better: int
    pairs_worse: int
    win_rate: float | None


def _wins(metric: JudgedMetric, values: Values, *, paired: bool) -> _Wins:
    """How often the candidate is better."""
    sign = 1 if metric.better == "lower" else -1
    if not paired:
        old, new = ([sign * v for v in arm if v is not None] for arm in values)
        return {"win_rate": superiority(old, new, paired=False) if old and new else None}
    pairs = [
        (sign * o, sign * c)
        for o, c in zip(*values, strict=True)
        if o is not None and c is not None
    ]
    return {
        "pairs_better": sum(c < o for o, c in pairs),
        "pairs_worse": sum(c > o for o, c in pairs),
        "win_rate": superiority(*zip(*pairs, strict=True), paired=True) if pairs else None,
    }


def _left_out(cells: ComparedCells) -> list[str]:
    planned = len(cells.old) + cells.n_failed + cells.n_unpaired
    reasons = []
    if cells.n_failed and cells.paired:
        reasons.append(f"{cells.n_failed} of {planned} pairs have a failed cell")
    elif cells.n_failed:
        reasons.append(f"{cells.n_failed} of {planned + len(cells.new)} cells failed")
    if cells.n_unpaired:
        reasons.append(f"{cells.n_unpaired} of {planned} seeds have only one of the two")
    return reasons


def _too_few(cells: ComparedCells) -> str:
    if not cells.paired:
        return "an arm has fewer than two cells"
    return "no pair of cells" if not cells.old else "a single pair of cells"


def _value(result: Observation, name: str) -> Number | None:
    value = result.metrics.get(name)
    return value if value is not None and math.isfinite(value) else None


def _mean(values: Sequence[Number | None]) -> float | None:
    present = [value for value in values if value is not None]
    if not present or len(present) < len(values):
        return None
    try:
        return math.fsum(present) / len(present)
    except OverflowError:
        return None


def _gaps(name: str, cells: ComparedCells, values: Values) -> list[str]:
    """Why the metric is missing, for each of the two strategies and each reason."""
    reasons: list[str] = []
    arms = ((cells.baseline, cells.old), (cells.candidate, cells.new))
    for (label, arm), own in zip(arms, values, strict=True):
        if None not in own:
            continue
        counts: dict[str, int] = {}
        for result, value in zip(arm, own, strict=True):
            if value is None:
                why = result.null_reasons.get(name, "it was not measured")
                counts[why] = counts.get(why, 0) + 1
        reasons += [
            f"no value for {label} in {k} of {len(arm)} replicates: {why}"
            for why, k in counts.items()
        ]
    return reasons


def _measured(metric: JudgedMetric, draft: Comparison, cells: ComparedCells, arms: Arms) -> Draft:
    """The estimate on the metric's own scale, exact or with interval and p-values."""
    same = arms_constant(arms)
    if metric.scale == "ratio" and min(*arms.old, *arms.new) <= 0:
        if same and arms.old[0] == arms.new[0]:
            exact = replace(draft, scale="exact", estimate=0.0, verdict="equivalent")
            return Draft(comparison=exact)
        return Draft(comparison=replace(draft, reasons=(*draft.reasons, NOT_POSITIVE)))
    limit = as_difference(metric, draft.margin)
    if same or (arms.paired and constant(metric, arms)):
        note = () if same else (SAME_DIFFERENCE,)
        draft = replace(draft, reasons=(*draft.reasons, *note))
        return Draft(comparison=_exact(metric, draft, differences_of(metric, arms)[0], limit))
    found = tested(metric, arms, limit)
    shape = shape_of(draft, found, metric, cells, arms)
    shown = _on_own_scale(metric, draft, found, shape)
    return Draft(comparison=shown, tested=found, limit=limit)


def _exact(metric: JudgedMetric, draft: Comparison, difference: float, limit: float) -> Comparison:
    verdict: Verdict | None = "equivalent"
    reasons = draft.reasons
    if abs(difference) > limit:
        verdict = verdict_by_direction(metric, difference)
        reasons = reasons if verdict else (*reasons, NO_DIRECTION)
    estimate = own_scale(metric, difference)
    return replace(draft, scale="exact", estimate=estimate, verdict=verdict, reasons=reasons)


def _on_own_scale(
    metric: JudgedMetric, draft: Comparison, found: Tested, shape: Shape
) -> Comparison:
    estimate = own_scale(metric, found.mean)
    if estimate is None:
        raise OverflowError
    return replace(
        draft,
        estimate=estimate,
        low=own_scale(metric, found.low),
        high=own_scale(metric, found.high),
        low_90=own_scale(metric, found.low_90),
        high_90=own_scale(metric, found.high_90),
        p_difference=found.p_difference,
        p_equivalence=found.p_equivalence,
        **shape,
    )


def _withheld(metric: JudgedMetric, measured: Draft) -> Draft:
    """The comparison without p-values and verdict where none may be given."""
    found = measured.comparison
    if found.n_failed and found.estimate is not None:
        # Cells do not fail at random: what is left may be biased.
        verdict: Verdict | None = "inconclusive"
        reasons = found.reasons
    elif metric.name.endswith(".max") and not found.primary:
        verdict, reasons = None, (*found.reasons, MAXIMUM)
    else:
        return measured
    withheld = replace(
        found, p_difference=None, p_equivalence=None, verdict=verdict, reasons=reasons
    )
    return Draft(comparison=withheld)
