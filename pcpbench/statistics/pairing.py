"""Decides which cells are compared with which: the same setting and seed, two strategies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pcpbench.statistics.observation import Observation, ObservedCell, SweepPoint

Pair = tuple[Observation, Observation]


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
class PairedCells:
    """The cells of a candidate beside those of the baseline, in the order of their seeds.

    ``pairs``: (baseline, candidate), both of which ended well. ``n_failed``: pairs left out
    because a cell failed. ``n_unpaired``: seeds that only one strategy has.
    """

    setting: Setting
    baseline: str
    candidate: str
    pairs: tuple[Pair, ...] = field(default=())
    n_failed: int = 0
    n_unpaired: int = 0


def paired_cells(results: Iterable[Observation], *, baseline: str) -> Iterator[PairedCells]:
    """Every candidate beside the baseline, setting by setting, in order of first appearance.

    Raises ValueError if two results have the same setting, strategy and seed.
    """
    for setting, arms in _arms(results).items():
        for label, candidate in arms.items():
            if label != baseline:
                yield _paired(setting, arms.get(baseline, {}), candidate, (baseline, label))


def _arms(results: Iterable[Observation]) -> dict[Setting, dict[str, dict[int, Observation]]]:
    arms: dict[Setting, dict[str, dict[int, Observation]]] = {}
    for result in results:
        cell = result.cell
        arm = arms.setdefault(Setting.of(cell), {}).setdefault(cell.strategy.label, {})
        if cell.seed in arm:
            raise ValueError(
                f"two results for {cell.strategy.label} with seed {cell.seed} in {cell.hardware}, "
                f"{cell.kernel}, {cell.scenario}"
            )
        arm[cell.seed] = result
    return arms


def _paired(
    setting: Setting,
    baseline: Mapping[int, Observation],
    candidate: Mapping[int, Observation],
    labels: tuple[str, str],
) -> PairedCells:
    seeds = sorted(baseline.keys() & candidate.keys())
    pairs = [(baseline[seed], candidate[seed]) for seed in seeds]
    whole = tuple(pair for pair in pairs if all(result.status == "ok" for result in pair))
    return PairedCells(
        setting=setting,
        baseline=labels[0],
        candidate=labels[1],
        pairs=whole,
        n_failed=len(pairs) - len(whole),
        n_unpaired=len(baseline.keys() ^ candidate.keys()),
    )
