"""Decides whether a change may pass: no gated metric worse than its tolerance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.judge import NO_DIRECTION
from pcpbench.statistics.observation import JudgedMetric

Outcome = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """One gated comparison; its margin is the tolerance. ``why``: a sentence's worth."""

    comparison: Comparison
    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The verdict: "fail" if any row fails, else "undecided" if any is, else "pass"; of no rows
    "undecided", since nothing was examined."""

    rows: tuple[GateRow, ...]

    @property
    def verdict(self) -> Outcome:
        outcomes = {row.outcome for row in self.rows}
        if "fail" in outcomes:
            return "fail"
        return "pass" if outcomes == {"pass"} else "undecided"


def gate_of(comparisons: Iterable[Comparison], metrics: Mapping[str, JudgedMetric]) -> Gate:
    """Judges comparisons whose margins are the tolerances.

    A comparison passes if it is equivalent or better, or if the worse end of its 95 % interval
    lies within the tolerance. It fails if the difference is sure (adjusted p <= 0.05) and the
    estimate is worse by more than the tolerance. Everything else is undecided. All must pass
    together, so passing needs no adjustment (an intersection-union test, Berger 1982); failing is
    adjusted over the family of the comparisons.
    """
    return Gate(rows=tuple(_row(c, metrics[c.metric]) for c in comparisons))


def _row(comparison: Comparison, metric: JudgedMetric) -> GateRow:
    outcome, why = _outcome(comparison, metric)
    return GateRow(comparison=comparison, outcome=outcome, why=why)


def _outcome(c: Comparison, metric: JudgedMetric) -> tuple[Outcome, str]:
    if c.n_failed:
        return "undecided", "cells failed"
    if c.verdict == "equivalent":
        return "pass", "equivalent within the tolerance"
    if c.verdict == "better":
        return "pass", "better"
    if _surely_within(c, metric):
        return "pass", "the 95 % interval is not worse than the tolerance"
    sure = c.verdict == "worse" or (c.verdict is None and NO_DIRECTION in c.reasons)
    if sure and (c.scale == "exact" or _worse_by(c.estimate, c, metric) > c.margin):
        return "fail", "worse by more than the tolerance"
    if sure:
        return "undecided", "worse, and the interval reaches beyond the tolerance"
    if c.verdict == "inconclusive" and c.estimate is not None:
        return "undecided", "inconclusive"
    return "undecided", "; ".join(c.reasons) or "not compared"


def _surely_within(c: Comparison, metric: JudgedMetric) -> bool:
    ends = [c.low, c.high]
    if any(end is None for end in ends):
        return False
    return max(_worse_by(end, c, metric) for end in ends) <= c.margin


def _worse_by(change: float | None, c: Comparison, metric: JudgedMetric) -> float:
    """How much worse a change is, as the tolerance counts it: for ratios symmetric, so that half
    and double are the same; for metrics without a better direction, either way."""
    if change is None:
        return math.inf
    ratio = metric.scale == "ratio"
    loss = 1 / (1 + change) - 1 if ratio and change > -1 else -change
    if metric.better == "neither":
        return max(change, loss)
    return change if metric.better == "lower" else loss
