"""Decides the verdicts of a report: every metric of every candidate against the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from pcpbench.statistics.comparison import Comparison, Verdict
from pcpbench.statistics.families import benjamini_hochberg, holm
from pcpbench.statistics.judge import NO_DIRECTION, estimated, verdict_by_direction
from pcpbench.statistics.observation import JudgedMetric, Observation
from pcpbench.statistics.pairing import paired_cells

ALPHA = 0.05


def compare_cells(
    results: Iterable[Observation],
    *,
    baseline: str,
    metrics: Mapping[str, JudgedMetric],
    primary: Sequence[str],
    margins: Mapping[str, float],
) -> tuple[Comparison, ...]:
    """Compares every other strategy with ``baseline``, in each setting, paired by seed.

    ``results``: cells with their metrics, in the order in which settings, strategies and verdicts
    shall appear. ``metrics``: the declared metrics by name; others are not compared. ``primary``:
    names of the metrics whose comparisons form the confirmatory family (Holm); the others are
    exploratory (Benjamini-Hochberg). ``margins``: by metric, overriding the declared margin; a
    fraction for ratios, else in the metric's unit. Raises ValueError for a margin that is not a
    number >= 0, and for two results of the same cell. docs/statistics.md has the method.
    """
    drafts = [
        estimated(
            metric,
            cells,
            margin=float(margins.get(name, metric.margin)),
            primary=name in primary,
        )
        for cells in paired_cells(results, baseline=baseline)
        for name, metric in metrics.items()
    ]
    return tuple(_judged(draft, metrics[draft.metric]) for draft in _adjusted(drafts))


def _adjusted(drafts: Sequence[Comparison]) -> list[Comparison]:
    """The drafts with both p-values adjusted, each within its family."""
    p_values: dict[int, dict[str, float]] = {}
    for primary in (True, False):
        family = [i for i, d in enumerate(drafts) if d.primary is primary]
        tested = [i for i in family if drafts[i].p_difference is not None]
        # What was planned and could not be tested must not make it easier for the others.
        untested = sum(drafts[i].p_difference is None and not _is_exact(drafts[i]) for i in family)
        for field in ("p_difference", "p_equivalence"):
            raw = [getattr(drafts[i], field) for i in tested]
            adjusted = holm(raw, untested=untested) if primary else benjamini_hochberg(raw)
            for i, p in zip(tested, adjusted, strict=True):
                p_values.setdefault(i, {})[field] = p
    return [
        replace(draft, p_difference=found["p_difference"], p_equivalence=found["p_equivalence"])
        if (found := p_values.get(i))
        else draft
        for i, draft in enumerate(drafts)
    ]


def _is_exact(draft: Comparison) -> bool:
    return draft.scale == "exact"


def _judged(draft: Comparison, metric: JudgedMetric) -> Comparison:
    """The verdict of a comparison that was tested; the others have been judged already."""
    if draft.p_difference is None or draft.p_equivalence is None or draft.estimate is None:
        return draft
    verdict: Verdict | None = "inconclusive"
    reasons = draft.reasons
    if draft.p_equivalence <= ALPHA:
        verdict = "equivalent"
    elif draft.p_difference <= ALPHA:
        verdict = verdict_by_direction(metric, draft.estimate)
        reasons = reasons if verdict else (*reasons, NO_DIRECTION)
    return replace(draft, verdict=verdict, reasons=reasons)
