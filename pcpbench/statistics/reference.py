"""Decides whether a run meets a published number: within its tolerance, or not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pcpbench.statistics.compare import compare_arms
from pcpbench.statistics.observation import JudgedMetric, Observation, SweepPoint
from pcpbench.statistics.pairing import Arm, Setting, arms_of, paired_arms
from pcpbench.statistics.student import LEAST_VALUES, paired_t

Outcome = Literal["hit", "miss", "no value"]
NOWHERE = "no cell of this run is of this kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A published number. ``low``, ``high``: it, or the ends of a range, in the metric's unit; with
    ``against`` a change relative to that strategy (-0.05 for 5 % less). ``tolerance``: how far
    beyond it still counts: in the metric's unit, a part of the number if ``relative``, and of
    changes a difference of fractions. ``hardware``, ``kernel``, ``scenario``, ``strategy``,
    ``sweep``: where it holds; None, or empty, for everywhere. ``source``: who published it."""

    name: str
    metric: str
    source: str
    low: float
    high: float
    tolerance: float = 0.0
    relative: bool = False
    against: str | None = None
    hardware: str | None = None
    kernel: str | None = None
    scenario: str | None = None
    strategy: str | None = None
    sweep: SweepPoint = ()

    @property
    def accepted(self) -> tuple[float, float]:
        """The ends of what counts as a hit."""
        spare = [
            self.tolerance * (abs(end) if self.relative else 1) for end in (self.low, self.high)
        ]
        return self.low - spare[0], self.high + spare[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow:
    """A published number beside what a strategy of the run has in one setting.

    ``measured``: the mean over ``n`` replicates, or the change against the other strategy, with
    its 95 % interval ``low`` to ``high``, None where nothing varies or there is none.
    ``outcome``: whether ``measured`` lies in ``accepted``. ``why``: there is no value.
    """

    reference: Reference
    setting: Setting | None = None
    strategy: str | None = None
    n: int = 0
    measured: float | None = None
    low: float | None = None
    high: float | None = None
    accepted: tuple[float, float]
    outcome: Outcome
    why: str = ""


def references_of(experiment: Mapping[str, Any]) -> tuple[Reference, ...]:
    """The references of a resolved experiment, as a run file keeps it."""
    return tuple(reference_of(value) for value in experiment.get("reference") or ())


def reference_of(value: Mapping[str, Any]) -> Reference:
    """The reference whose fields these are, lists in place of tuples."""
    sweep = tuple((path, item) for path, item in value.get("sweep", ()))
    return Reference(**{**value, "sweep": sweep})


def reference_rows(
    references: Iterable[Reference],
    results: Iterable[Observation],
    metrics: Mapping[str, JudgedMetric],
) -> tuple[ReferenceRow, ...]:
    """Each reference beside every strategy and setting for which it holds; one row that says so
    where there is none."""
    arms = arms_of(results)
    rows: list[ReferenceRow] = []
    for reference in references:
        found = list(_rows(reference, arms, metrics))
        rows += found or [_without(reference, None, None, NOWHERE)]
    return tuple(rows)


def _rows(
    reference: Reference,
    arms: Mapping[Setting, Mapping[str, Arm]],
    metrics: Mapping[str, JudgedMetric],
) -> Iterator[ReferenceRow]:
    for setting, own in arms.items():
        if not _holds_in(reference, setting):
            continue
        for label, arm in own.items():
            if label == reference.against or reference.strategy not in (None, label):
                continue
            if reference.metric not in metrics:
                yield _without(reference, setting, label, "the run does not declare the metric")
            elif reference.against is None:
                yield _beside_value(reference, setting, label, arm)
            else:
                other = own.get(reference.against, {})
                yield _beside_change(
                    reference, setting, label, (other, arm), metrics[reference.metric]
                )


def _holds_in(reference: Reference, setting: Setting) -> bool:
    asked = (reference.hardware, reference.kernel, reference.scenario)
    has = (setting.hardware, setting.kernel, setting.scenario)
    swept = dict(setting.sweep)
    return all(a in (None, h) for a, h in zip(asked, has, strict=True)) and all(
        path in swept and swept[path] == value for path, value in reference.sweep
    )


def _without(
    reference: Reference, setting: Setting | None, label: str | None, why: str
) -> ReferenceRow:
    return ReferenceRow(
        reference=reference,
        setting=setting,
        strategy=label,
        accepted=reference.accepted,
        outcome="no value",
        why=why,
    )


def _beside_value(reference: Reference, setting: Setting, label: str, arm: Arm) -> ReferenceRow:
    name = reference.metric
    for result in arm.values():
        if result.status != "ok":
            return _without(reference, setting, label, "a cell failed")
        if result.metrics.get(name) is None:
            why = result.null_reasons.get(name, "it was not measured")
            return _without(reference, setting, label, why)
    values = [float(v) for r in arm.values() if (v := r.metrics[name]) is not None]
    mean = math.fsum(values) / len(values)
    return _measured(reference, setting, label, values, (mean, *_interval(values)))


def _interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(values) < LEAST_VALUES or len(set(values)) == 1:
        return None, None
    found = paired_t(values, 0.0)
    return found.low, found.high


def _beside_change(
    reference: Reference,
    setting: Setting,
    label: str,
    arms: tuple[Arm, Arm],
    metric: JudgedMetric,
) -> ReferenceRow:
    """The change of ratios as comparisons estimate it, of other metrics that of their means."""
    cells = paired_arms(setting, (str(reference.against), label), *arms)
    (c,) = compare_arms([cells], metrics={metric.name: metric}, primary=(), margins={})
    change, ends = c.estimate, (c.low, c.high)
    if metric.scale != "ratio":
        change = None
        if c.baseline_value and c.candidate_value is not None:
            change = c.candidate_value / c.baseline_value - 1
        ends = (None, None)
    if c.n_failed or change is None:
        why = "; ".join(c.reasons) or f"{reference.against} has 0, and a change needs more"
        return _without(reference, setting, label, why)
    return _measured(reference, setting, label, cells.new, (change, *ends))


def _measured(
    reference: Reference,
    setting: Setting,
    label: str,
    replicates: Sequence[object],
    found: tuple[float, float | None, float | None],
) -> ReferenceRow:
    least, most = reference.accepted
    return ReferenceRow(
        reference=reference,
        setting=setting,
        strategy=label,
        n=len(replicates),
        measured=found[0],
        low=found[1],
        high=found[2],
        accepted=(least, most),
        outcome="hit" if least <= found[0] <= most else "miss",
    )
