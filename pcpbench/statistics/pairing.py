"""Decides which cells are compared with which: the same setting and seed, two strategies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from pcpbench.statistics.observation import Observation, ObservedCell, SweepPoint

Arm = Mapping[int, Observation]


@dataclass(frozen=True, slots=True)
class Setting:
    """What two cells must share to be compared, beside the seed."""

    hardware: str
    kernel: str
    scenario: str
    sweep: SweepPoint = ()

    @classmethod
    def of(cls, cell: ObservedCell) -> Setting:
        """The setting of a cell."""
        return cls(cell.hardware, cell.kernel, cell.scenario, tuple(cell.sweep))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCells:
    """The cells of a candidate beside those of the baseline, in the order of their seeds.

    ``old``, ``new``: cells of the baseline and of the candidate that ended well; with ``paired``
    they are of equal number and belong together one by one. ``n_failed``: pairs, or cells where
    they are not paired, left out because a cell failed. ``n_unpaired``: seeds that only one
    strategy has. ``notes``: what a reader must know of it.
    """

    setting: Setting
    baseline: str
    candidate: str
    old: tuple[Observation, ...] = ()
    new: tuple[Observation, ...] = ()
    paired: bool = True
    n_failed: int = 0
    n_unpaired: int = 0
    notes: tuple[str, ...] = ()


def paired_cells(
    results: Iterable[Observation], *, baseline: str, all_pairs: bool = False
) -> Iterator[ComparedCells]:
    """Every candidate beside the baseline, setting by setting, in order of first appearance.

    ``all_pairs``: then also all other pairs, the strategy that appears first as their baseline.
    Raises ValueError if two results have the same setting, strategy and seed.
    """
    for setting, arms in arms_of(results).items():
        others = [label for label in arms if label != baseline]
        labels = [(baseline, label) for label in others]
        for one, two in [*labels, *(combinations(others, 2) if all_pairs else ())]:
            yield paired_arms(setting, (one, two), arms.get(one, {}), arms[two])


def arms_of(results: Iterable[Observation]) -> dict[Setting, dict[str, dict[int, Observation]]]:
    """Results by setting, strategy and seed. Raises ValueError for two in one place.

    Cells of a study, which answer another question than the run's, are left out.
    """
    arms: dict[Setting, dict[str, dict[int, Observation]]] = {}
    for result in results:
        cell = result.cell
        if getattr(cell, "study", ""):
            continue
        arm = arms.setdefault(Setting.of(cell), {}).setdefault(cell.strategy.label, {})
        if cell.seed in arm:
            raise ValueError(
                f"two results for {cell.strategy.label} with seed {cell.seed} in {cell.hardware}, "
                f"{cell.kernel}, {cell.scenario}"
            )
        arm[cell.seed] = result
    return arms


def paired_arms(
    setting: Setting, labels: tuple[str, str], old: Arm, new: Arm, notes: tuple[str, ...] = ()
) -> ComparedCells:
    """Two arms, seed by seed. ``labels``: of the baseline and of the candidate."""
    pairs = [(old[seed], new[seed]) for seed in sorted(old.keys() & new.keys())]
    whole = [pair for pair in pairs if all(result.status == "ok" for result in pair)]
    return ComparedCells(
        setting=setting,
        baseline=labels[0],
        candidate=labels[1],
        old=tuple(pair[0] for pair in whole),
        new=tuple(pair[1] for pair in whole),
        n_failed=len(pairs) - len(whole),
        n_unpaired=len(old.keys() ^ new.keys()),
        notes=notes,
    )


def unpaired_arms(
    setting: Setting, labels: tuple[str, str], old: Arm, new: Arm, notes: tuple[str, ...] = ()
) -> ComparedCells:
    """Two arms as wholes, whose cells do not belong together."""
    ended = [
        tuple(arm[seed] for seed in sorted(arm) if arm[seed].status == "ok") for arm in (old, new)
    ]
    return ComparedCells(
        setting=setting,
        baseline=labels[0],
        candidate=labels[1],
        old=ended[0],
        new=ended[1],
        paired=False,
        n_failed=len(old) + len(new) - sum(map(len, ended)),
        notes=notes,
    )
