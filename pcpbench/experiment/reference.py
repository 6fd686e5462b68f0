"""Decides what the published numbers of an experiment may say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pcpbench.errors import suggestion
from pcpbench.experiment import choices, values
from pcpbench.experiment.experiment import Point
from pcpbench.experiment.points import Machinery
from pcpbench.experiment.units import METRIC_UNITS, UNITS, Unit
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.statistics.reference import Reference

KEYS = (
    *("value", "change", "against", "tolerance"),
    *("hardware", "kernel", "scenario", "strategy", "sweep"),
)
LARGEST = 1e18
LARGEST_CHANGE = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the experiment has, by the key that selects from it, and the swept values by path."""

    hardware: Collection[str]
    kernel: Collection[str]
    scenario: Collection[str]
    strategy: Collection[str]
    sweep: Mapping[str, Collection[object]]

    @classmethod
    def of(
        cls, points: Sequence[Point], hardware: Collection[str], kernels: Collection[str]
    ) -> Choices:
        """The choices of an experiment with these points."""
        sweep: dict[str, list[object]] = {}
        for path, value in (pair for point in points for pair in point.sweep):
            sweep.setdefault(path, []).append(value)
        scenarios = [scenario.name for point in points for scenario in point.scenarios]
        labels = [strategy.label for point in points for strategy in point.strategies]
        return cls(
            hardware=tuple(hardware),
            kernel=tuple(kernels),
            scenario=tuple(dict.fromkeys(scenarios)),
            strategy=tuple(dict.fromkeys(labels)),
            sweep=sweep,
        )


def read_references(
    reading: Reading,
    registry: choices.Declaring,
    entry: Entry | None,
    points: Sequence[Point],
    machinery: Machinery,
) -> tuple[Reference, ...]:
    """The references of a list; those that are wrong are left out after a complaint."""
    if entry is None or entry.value in ([], None):
        return ()
    if not isinstance(entry.value, list):
        reading.complain("'reference' is not a list", entry.place, "write a list of mappings")
        return ()
    has = Choices.of(points, machinery.profiles, machinery.presets)
    found = [_reference(reading, registry, item, has) for item in entry.value]
    return tuple(reference for reference in found if reference is not None)


def _reference(
    reading: Reading, registry: choices.Declaring, entry: Entry, has: Choices
) -> Reference | None:
    before = len(reading.problems)
    parts = reading.mapping(entry, "a reference", ("name", "metric", "source"), KEYS)
    found: dict[str, Any] = {}
    for key in ("name", "source"):
        if key in parts:
            found[key] = values.line(reading, parts[key], f"'{key}'")
    if "metric" in parts:
        part = parts["metric"]
        found["metric"] = choices.known(reading, registry, "metrics", part.value, part.place)
    for key in ("hardware", "kernel", "scenario", "strategy", "against"):
        if key in parts:
            known = getattr(has, "strategy" if key == "against" else key)
            found[key] = _known(reading, parts[key], key, known)
    if "sweep" in parts:
        found["sweep"] = _sweep(reading, parts["sweep"], has.sweep)
    if found.get("metric") is not None and isinstance(entry.value, dict):
        found |= _numbers(reading, parts, entry, registry.metrics[found["metric"]])
    return Reference(**found) if len(reading.problems) == before else None


def _known(reading: Reading, entry: Entry, key: str, known: Collection[str]) -> str | None:
    if isinstance(entry.value, str) and entry.value in known:
        return entry.value
    shown = str(entry.value)[:60]
    thing = f"the experiment has no {_noun(key)} '{shown}'{suggestion(shown, known)}"
    reading.complain(thing, entry.place, f"write one of {', '.join(known)}")
    return None


def _noun(key: str) -> str:
    return "strategy" if key == "against" else key


def _sweep(
    reading: Reading, entry: Entry, has: Mapping[str, Collection[object]]
) -> tuple[tuple[str, Any], ...]:
    parts = reading.mapping(entry, "'sweep' of a reference", (), tuple(has))
    for path, part in parts.items():
        if part.value not in has[path]:
            remedy = f"write one of {', '.join(map(str, dict.fromkeys(has[path])))}"
            reading.complain(f"{path} is never {str(part.value)[:60]}", part.place, remedy)
    return tuple((path, part.value) for path, part in parts.items())


def _numbers(
    reading: Reading, parts: Mapping[str, Entry], entry: Entry, metric: Any
) -> dict[str, Any]:
    """The published number and its tolerance."""
    change = "change" in parts
    if change == ("value" in parts):
        remedy = "write value: 112 ns, or change: -5 % with against: STRATEGY"
        reading.complain("a reference has one of 'value' and 'change'", entry.place, remedy)
        return {}
    if change != ("against" in parts):
        thing = "'change' needs 'against'" if change else "'against' belongs to 'change'"
        reading.complain(thing, entry.place, "write both, or neither")
        return {}
    unit = UNITS["fraction"] if change else METRIC_UNITS[getattr(metric, "unit", "count")]
    key = "change" if change else "value"
    ends = _ends(reading, parts[key], key, unit, LARGEST_CHANGE if change else LARGEST)
    found: dict[str, Any] = {} if ends is None else {"low": ends[0], "high": ends[1]}
    if "tolerance" in parts:
        found |= _tolerance(reading, parts["tolerance"], unit, change=change)
    return found


def _ends(
    reading: Reading, entry: Entry, what: str, unit: Unit, largest: float
) -> tuple[float, float] | None:
    """A number twice, or both ends of a range."""
    items = entry.value if isinstance(entry.value, list) else [entry]
    if len(items) not in (1, 2):
        reading.complain(f"'{what}' is no range", entry.place, "write [least, most]")
        return None
    found = [
        values.quantity(reading, item, f"'{what}'", unit, least=-largest, most=largest)
        for item in items
    ]
    numbers = [float(number) for number in found if number is not None]
    if len(numbers) < len(items):
        return None
    if numbers[0] > numbers[-1]:
        reading.complain(f"'{what}' counts down", entry.place, "write [least, most]")
        return None
    return numbers[0], numbers[-1]


def _tolerance(reading: Reading, entry: Entry, unit: Unit, *, change: bool) -> dict[str, Any]:
    """In the metric's unit, or in percent: of the number, or of changes percentage points."""
    percent = "%" in str(entry.value)
    relative = not change and percent and "%" not in unit.suffixes
    if relative:
        unit = UNITS["fraction"]
    found = values.quantity(reading, entry, "'tolerance'", unit, least=0, most=LARGEST)
    return {} if found is None else {"tolerance": float(found), "relative": relative}
