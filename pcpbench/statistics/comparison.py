"""Says what is known of one metric of one strategy against the baseline, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pcpbench.statistics.observation import SweepPoint
from pcpbench.statistics.pairing import Setting

Verdict = Literal["equivalent", "better", "worse", "inconclusive"]
Scale = Literal["ratio", "difference", "exact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of one candidate against the baseline, in one setting.

    ``scale``: how the cells were compared; "exact" where there is nothing random to test.
    ``n``: pairs that count; without pairs, cells of the smaller arm, and ``n_arms`` has both.
    ``baseline_value``, ``candidate_value``: arithmetic means over those cells, in the metric's
    unit; None where some cell has no value. ``estimate`` with its 95 % interval ``low`` to
    ``high``, and ``margin``: a relative change (0.05 = +5 %) for metrics declared as ratios, else
    a difference in the metric's unit, exact comparisons included. The interval stands for this
    comparison alone, and so does that of 90 %, ``low_90`` to ``high_90``, whose place within the
    margin is what the tests of equivalence ask for; ``p_difference`` and
    ``p_equivalence`` are adjusted in their family.
    ``robust``: whether the verdict holds at both ends of the profile's uncertain numbers, None
    where that was not examined; ``flips``: the costs, and their end, with which it does not.
    ``verdict``: None where nothing was judged. ``reasons``: why there
    is no verdict, and what else a reader must know of it.

    ``paired``: whether cells were compared pair by pair, or arm against arm (Welch).
    ``pairs_better``, ``pairs_worse``: pairs in which the candidate's value is better or worse.
    ``win_rate``: how often it is better, ties counted half; None, as those, where the metric has
    no better direction. ``effect_size``: the difference in standard deviations (Hedges).
    ``outliers``: seeds far from the others, which count like all; ``two_groups``: whose values
    fall into two groups. ``replicates_needed``: how many would decide what is inconclusive, if
    mean and spread stay as they are; None also where more than 100,000 would be.
    ``n_failed``: pairs (without pairs, cells) dropped because a cell failed; ``n_unpaired``: seeds
    that only one of the two strategies has.
    """

    metric: str
    scale: Scale
    hardware: str
    kernel: str
    scenario: str
    sweep: SweepPoint
    baseline: str
    candidate: str
    n: int
    baseline_value: float | None = None
    candidate_value: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    low_90: float | None = None
    high_90: float | None = None
    margin: float
    p_difference: float | None = None
    p_equivalence: float | None = None
    primary: bool
    robust: bool | None = None
    flips: tuple[str, ...] = ()
    verdict: Verdict | None = None
    reasons: tuple[str, ...] = ()
    paired: bool = True
    n_arms: tuple[int, int] | None = None
    pairs_better: int | None = None
    pairs_worse: int | None = None
    win_rate: float | None = None
    effect_size: float | None = None
    outliers: tuple[str, ...] = ()
    two_groups: tuple[str, ...] = ()
    replicates_needed: int | None = None
    n_failed: int = 0
    n_unpaired: int = 0

    @property
    def setting(self) -> Setting:
        """The setting in which the cells were compared."""
        return Setting(self.hardware, self.kernel, self.scenario, self.sweep)
