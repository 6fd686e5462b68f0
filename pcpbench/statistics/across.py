"""Decides which cells of two runs are compared, and whether they belong together one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pcpbench.statistics.observation import Observation
from pcpbench.statistics.pairing import (
    Arm,
    ComparedCells,
    Setting,
    arms_of,
    paired_arms,
    unpaired_arms,
)

# What decides a cell's random numbers and work, by name, but for its seed. Names that begin with
# "strategy." are what is compared: they may differ between cells that belong together.
Conditions = Callable[[Any], Mapping[str, object]]
STRATEGY = "strategy."
LEAST_COMMON = 2
MOST_NAMED = 3


def arms_across(
    old: Iterable[Observation], new: Iterable[Observation], *, conditions: Conditions
) -> Iterator[ComparedCells]:
    """Each strategy of the new run beside the same strategy, in the same setting, of the old one.

    Cells are paired by seed where the conditions of the cells with a common seed agree and these
    are two at least, and half of the smaller run's at least; otherwise the arms are compared as
    wholes, and a note says why. Labels get " (A)" for the old run and " (B)" for the new one.
    Yields nothing if no strategy has a setting in both runs.
    """
    arms_new = arms_of(new)
    for setting, arms in arms_of(old).items():
        for label, arm in arms.items():
            other = arms_new.get(setting, {}).get(label)
            if other is not None:
                yield _matched(setting, label, arm, other, conditions)


def _matched(
    setting: Setting, label: str, old: Arm, new: Arm, conditions: Conditions
) -> ComparedCells:
    labels = (f"{label} (A)", f"{label} (B)")
    common = sorted(old.keys() & new.keys())
    # All cells of an arm share their conditions but for the seed: the first of each will do.
    one, two = (conditions(next(iter(arm.values())).cell) for arm in (old, new))
    differing = [name for name in dict.fromkeys((*one, *two)) if one.get(name) != two.get(name)]
    changed = [name for name in differing if name.startswith(STRATEGY)]
    notes = (f"the strategy differs: {_told(changed, one, two)}",) if changed else ()
    differing = [name for name in differing if name not in changed]
    if differing:
        note = f"unpaired: {_told(differing, one, two)}"
        return unpaired_arms(setting, labels, old, new, (*notes, note))
    if len(common) < LEAST_COMMON or 2 * len(common) < min(len(old), len(new)):
        note = f"unpaired: the runs have {len(common) or 'no'} common seed"
        note += "" if len(common) == 1 else "s"
        return unpaired_arms(setting, labels, old, new, (*notes, note))
    return paired_arms(setting, labels, old, new, notes)


def _told(names: list[str], one: Mapping[str, object], two: Mapping[str, object]) -> str:
    told = [f"{name} is {two.get(name)} instead of {one.get(name)}" for name in names[:MOST_NAMED]]
    more = len(names) - MOST_NAMED
    told += [f"{more} more differ"] if more > 0 else []
    return "; ".join(told)
