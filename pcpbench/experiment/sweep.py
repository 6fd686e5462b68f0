"""Decides which combinations of swept values an experiment goes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod

from pcpbench.errors import Problem
from pcpbench.experiment.settings import Setting, replaced
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.simulator.cell import Pairs

SWEEPABLE = ("machine", "scenarios", "strategies", "simulate", "drains")
MOST_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class SweptTree:
    """The experiment's tree with one combination of values in place."""

    sweep: Pairs
    root: Entry


def sweep_axes(reading: Reading, entry: Entry | None) -> dict[str, list[Setting]]:
    """By path, the settings that its values amount to; empty without a sweep."""
    if entry is None or entry.value in ({}, None):
        return {}
    if not isinstance(entry.value, dict):
        remedy = "write path: [value, value] lines, such as machine.cpus: [4, 16]"
        reading.complain("'sweep' is not a mapping", entry.place, remedy)
        return {}
    axes = {}
    for key, child in entry.value.items():
        values = _values(reading, str(key), child)
        if values:
            place = child.key_place or child.place
            axes[str(key)] = [Setting(str(key), value, place) for value in values]
    points = prod(len(axis) for axis in axes.values())
    if points > MOST_POINTS:
        remedy = f"keep to {MOST_POINTS}"
        reading.complain(f"the sweep has {points} combinations", entry.place, remedy)
        return {}
    return axes


def _values(reading: Reading, path: str, entry: Entry) -> list[Entry]:
    place = entry.key_place or entry.place
    if path.split(".")[0] not in SWEEPABLE or "" in path.split("."):
        remedy = f"paths begin with one of {', '.join(SWEEPABLE)}"
        reading.complain(f"'{path}' cannot be swept", place, remedy)
        return []
    if not isinstance(entry.value, list) or not entry.value:
        reading.complain(f"sweep of {path} is not a list", entry.place, "write [value, value]")
        return []
    before = len(reading.problems)
    seen: list[object] = []
    for value in entry.value:
        if isinstance(value.value, list | dict) or value.value is None:
            reading.complain(f"sweep of {path} has no single value", value.place, "write one")
        elif any(value.value == old and type(value.value) is type(old) for old in seen):
            thing = f"sweep of {path} has {value.value} twice"
            reading.complain(thing, value.place, "remove one")
        seen.append(value.value)
    return entry.value if len(reading.problems) == before else []


def swept_trees(
    root: Entry, axes: Mapping[str, list[Setting]], known: Mapping[str, object], reading: Reading
) -> Iterator[SweptTree]:
    """The tree of each combination; the last path varies fastest."""
    for combination in product(*axes.values()):
        tree = root
        for setting in combination:
            tree = replaced(tree, setting, known, reading)
        yield SweptTree(tuple((s.path, s.entry.value) for s in combination), tree)


def merge_problems(readings: list[tuple[Pairs, Reading]]) -> list[Problem]:
    """The problems of all combinations, once each; one that only some have says which."""
    everywhere = set.intersection(*(set(reading.problems) for _, reading in readings))
    merged: dict[Problem, None] = {}
    for sweep, reading in readings:
        at = ", ".join(f"{path} = {value}" for path, value in sweep)
        for problem in reading.problems:
            local = Problem(f"with {at}: {problem.thing}", problem.place, problem.remedy)
            merged[problem if problem in everywhere else local] = None
    return list(merged)
