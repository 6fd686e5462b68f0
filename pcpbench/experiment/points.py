"""Decides what is simulated at each combination of swept values, on which hardware and kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pcpbench.errors import InputError
from pcpbench.experiment import choices, sections
from pcpbench.experiment.choices import Checking
from pcpbench.experiment.experiment import Point, Scenario
from pcpbench.experiment.machine import machines
from pcpbench.experiment.scenarios import scenarios
from pcpbench.experiment.settings import Setting
from pcpbench.experiment.sweep import SweptTree, merge_problems, swept_trees
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.simulator.cell import StrategyChoice

if TYPE_CHECKING:
    from pcpbench.hardware.profile import HardwareProfile
    from pcpbench.kernels.preset import KernelPreset
    from pcpbench.plugin.parameters import Parameterised
    from pcpbench.plugin.registry import Registry


@dataclass(frozen=True, slots=True)
class Machinery:
    """The hardware and kernels of an experiment, by name."""

    profiles: Mapping[str, HardwareProfile]
    presets: Mapping[str, KernelPreset]

    def named(self) -> dict[str, Any]:
        """What an ``Experiment`` keeps of them."""
        counts = {
            name: {
                "estimates": len(profile.estimates),
                "numbers": len(profile.costs) + len(profile.wake_latency_busy),
            }
            for name, profile in self.profiles.items()
        }
        hardware, kernels = tuple(self.profiles), tuple(self.presets)
        return {"hardware": hardware, "kernels": kernels, "profiles": counts}


def read_machinery(reading: Reading, registry: Registry, entries: Mapping[str, Entry]) -> Machinery:
    """Reads the profiles and presets that the experiment names."""
    from pcpbench.hardware.profile import load_profile
    from pcpbench.kernels.preset import load_preset

    loaded: dict[str, dict[str, Any]] = {"hardware": {}, "kernels": {}}
    for kind, key, load in (
        ("hardware", "hardware", load_profile),
        ("kernels", "kernel", load_preset),
    ):
        if key not in entries:
            continue
        for name in choices.names(reading, registry, kind, entries[key]):
            try:
                loaded[kind][name] = load(getattr(registry, kind)[name])
            except InputError as error:
                reading.problems.extend(error.problems)
    return Machinery(loaded["hardware"], loaded["kernels"])


def read_points(
    checking: Checking,
    root: Entry,
    axes: Mapping[str, list[Setting]],
    machinery: Machinery,
) -> list[tuple[Point, Entry]]:
    """The points, each with the tree it came from."""
    known = dict.fromkeys(sections.KEYS)
    points: list[tuple[Point, Entry]] = []
    readings = []
    for tree in swept_trees(root, axes, known, checking.reading):
        own = replace(checking, reading=Reading())
        points.append((_point(own, tree, machinery), tree.root))
        readings.append((tree.sweep, own.reading))
    checking.reading.problems.extend(merge_problems(readings))
    return points


def _point(checking: Checking, tree: SweptTree, machinery: Machinery) -> Point:
    reading, entries = checking.reading, tree.root.value
    empty = Entry({}, tree.root.place)
    found = machines(reading, entries.get("machine", empty), machinery.profiles, machinery.presets)
    machine = next(iter(found.values()), None)
    groups: tuple[Scenario, ...] = ()
    strategies: tuple[StrategyChoice, ...] = ()
    if "scenarios" in entries:
        groups = scenarios(checking, entries["scenarios"], machine)
    if "strategies" in entries:
        strategies = choices.strategies(checking, entries["strategies"])
    times = sections.simulate(reading, entries.get("simulate", empty))
    rate = sections.drains_per_s(reading, entries["drains"]) if "drains" in entries else 0.0
    return Point(
        sweep=tree.sweep,
        machines=found,
        scenarios=groups,
        strategies=strategies,
        warm_up_ns=times.warm_up_ns,
        time_ns=times.time_ns,
        drains_per_s=rate,
    )


def parameter_units(registry: Registry, points: Sequence[Point]) -> dict[str, str]:
    """The units of the parameters of what the points name, as ``Experiment.units``."""
    strategies = {choice.name for point in points for choice in point.strategies}
    scenarios = (scenario for point in points for scenario in point.scenarios)
    workloads = {choice.kind for scenario in scenarios for choice in scenario.workloads}
    declared: dict[str, type[Parameterised]] = {
        **{name: registry.strategies[name] for name in sorted(strategies)},
        **{name: registry.workloads[name] for name in sorted(workloads)},
    }
    return {
        f"{name}.{parameter.name}": parameter.unit
        for name, item in declared.items()
        for parameter in item.parameters()
        if parameter.unit is not None
    }
