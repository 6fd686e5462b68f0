"""Decides the verdicts of a report: every metric of every candidate against the baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pcpbench.statistics.comparison import Comparison, Verdict
from pcpbench.statistics.families import benjamini_hochberg, holm
from pcpbench.statistics.judge import NO_DIRECTION, Draft, estimated, verdict_by_direction
from pcpbench.statistics.needed import replicates_needed
from pcpbench.statistics.observation import JudgedMetric, Observation
from pcpbench.statistics.pairing import ComparedCells, paired_cells
from pcpbench.statistics.student import Tested

ALPHA = 0.05


def compare_cells(
    results: Iterable[Observation],
    *,
    baseline: str,
    metrics: Mapping[str, JudgedMetric],
    primary: Sequence[str],
    margins: Mapping[str, float],
    all_pairs: bool = False,
) -> tuple[Comparison, ...]:
    """Compares every other strategy with ``baseline``, in each setting, paired by seed.

    ``results``: cells with their metrics, in the order in which settings, strategies and verdicts
    shall appear. ``metrics``: the declared metrics by name; others are not compared. ``primary``:
    names of the metrics whose comparisons form the confirmatory family (Holm); the others are
    exploratory (Benjamini-Hochberg). ``margins``: by metric, overriding the declared margin; a
    fraction for ratios, else in the metric's unit. ``all_pairs``: compare the other strategies
    with each other too. Raises ValueError for a margin that is not a number >= 0, and for two
    results of the same cell. docs/statistics.md has the method.
    """
    cells = paired_cells(results, baseline=baseline, all_pairs=all_pairs)
    return compare_arms(cells, metrics=metrics, primary=primary, margins=margins)


def compare_arms(
    arms: Iterable[ComparedCells],
    *,
    metrics: Mapping[str, JudgedMetric],
    primary: Sequence[str],
    margins: Mapping[str, float],
) -> tuple[Comparison, ...]:
    """The same for arms that were chosen already; all of them are one report."""
    drafts = [
        estimated(
            metric,
            cells,
            margin=float(margins.get(name, metric.margin)),
            primary=name in primary,
        )
        for cells in arms
        for name, metric in metrics.items()
    ]
    size = sum(d.comparison.primary and not _is_exact(d) for d in drafts)
    adjusted = _adjusted(drafts)
    return tuple(
        _concluded(draft, metrics[draft.comparison.metric], adjusted.get(i), family=size)
        for i, draft in enumerate(drafts)
    )


@dataclass(frozen=True, slots=True)
class _Adjusted:
    """Both p-values of a comparison, adjusted in its family."""

    p_difference: float
    p_equivalence: float


def _adjusted(drafts: Sequence[Draft]) -> dict[int, _Adjusted]:
    """By the place of a draft that was tested, its p-values, each adjusted within its family."""
    found: dict[int, _Adjusted] = {}
    for primary in (True, False):
        family = [i for i, d in enumerate(drafts) if d.comparison.primary is primary]
        raw = {i: test for i in family if (test := drafts[i].tested) is not None}
        # What was planned and could not be tested must not make it easier for the others.
        untested = sum(i not in raw and not _is_exact(drafts[i]) for i in family)

        def adjust(
            p_values: list[float], confirm: bool = primary, n: int = untested
        ) -> list[float]:
            return holm(p_values, untested=n) if confirm else benjamini_hochberg(p_values)

        differences = adjust([test.p_difference for test in raw.values()])
        equivalences = adjust([test.p_equivalence for test in raw.values()])
        for i, one, two in zip(raw, differences, equivalences, strict=True):
            found[i] = _Adjusted(one, two)
    return found


def _is_exact(draft: Draft) -> bool:
    return draft.comparison.scale == "exact"


def _concluded(
    draft: Draft, metric: JudgedMetric, adjusted: _Adjusted | None, *, family: int
) -> Comparison:
    """The verdict of a comparison that was tested; the others have been judged already."""
    found, tested = draft.comparison, draft.tested
    if adjusted is None or tested is None or found.estimate is None:
        return found
    verdict: Verdict | None = "inconclusive"
    reasons = found.reasons
    if adjusted.p_equivalence <= ALPHA:
        verdict = "equivalent"
    elif adjusted.p_difference <= ALPHA:
        verdict = verdict_by_direction(metric, found.estimate)
        reasons = reasons if verdict else (*reasons, NO_DIRECTION)
    needed = None
    if verdict == "inconclusive" and found.primary:
        needed = _needed(found, tested, draft.limit, family)
    return replace(
        found,
        p_difference=adjusted.p_difference,
        p_equivalence=adjusted.p_equivalence,
        verdict=verdict,
        reasons=reasons,
        replicates_needed=needed,
    )


def _needed(found: Comparison, tested: Tested, limit: float, family: int) -> int | None:
    """How many replicates would decide it. ``family``: the tests that Holm adjusts for; the
    smallest p must meet the level divided by their number."""
    # Without pairs, replicates are those of each arm.
    spread = tested.error * found.n**0.5
    return replicates_needed(tested.mean, spread, limit, alpha=ALPHA / family, least=found.n + 1)
