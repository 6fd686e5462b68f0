"""Decides which cells an experiment has, in which order, and with which seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pcpbench.simulator.cell import Cell, Machine, Pairs, StrategyChoice, WorkloadChoice
from pcpbench.statistics.looks import Until, until_of
from pcpbench.statistics.reference import Reference, reference_of

FORMAT = "pcpbench/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named group of workloads that run at the same time, on different CPUs."""

    name: str
    workloads: tuple[WorkloadChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One combination of the swept values, with everything they may change.

    ``sweep``: (path, value as written) of each swept path; empty without a sweep. ``machines``:
    by hardware, since the page size may differ. ``drains_per_s``: 0 for none.
    """

    sweep: Pairs
    machines: Mapping[str, Machine]
    scenarios: tuple[Scenario, ...]
    strategies: tuple[StrategyChoice, ...]
    warm_up_ns: int
    time_ns: int
    drains_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """A question, checked and with every default filled in.

    ``points``: at least one. ``baseline``: label of a strategy. ``replicates``: how many there
    are, with ``until`` at most. ``primary``: metrics whose comparisons answer the question.
    ``reference``: published numbers to set beside those of the run. ``margins``: by metric, a
    fraction on the scale ratio, else in the metric's unit; metrics left out keep their own.
    ``robustness``: whether verdicts are examined over the profiles' uncertain numbers;
    ``sensitivity``: in how many draws of all of them at once, 0 for none. ``seed``: of the first
    replicate. ``quick``: shortened for a first look. ``settings``: of
    ``--set``, as given. ``plugins``: modules, or files with their whole path. ``profiles``: how
    many ``numbers`` each hardware profile has, and how many of them are ``estimates``.
    ``units``: of the parameters that have one, by ``NAME.PARAMETER`` of strategy or workload.
    ``transplanted``: by name of a strategy, the kernels that never had it. ``text``: the file's
    content.
    """

    name: str
    question: str
    hardware: tuple[str, ...]
    kernels: tuple[str, ...]
    points: tuple[Point, ...]
    baseline: str
    replicates: int
    until: Until | None = None
    seed: int
    primary: tuple[str, ...] = ()
    margins: Mapping[str, float]
    robustness: bool = False
    sensitivity: int = 0
    quick: bool = False
    plugins: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    reference: tuple[Reference, ...] = ()
    profiles: Mapping[str, Mapping[str, int]]
    units: Mapping[str, str] = field(default_factory=dict)
    transplanted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: str = ""

    def cells(self) -> Iterator[Cell]:
        """Every cell. Replicates are outermost, so that an interrupted run has whole ones; all
        strategies of a replicate have the same seed."""
        for replicate in range(self.replicates):
            for hardware in self.hardware:
                for kernel in self.kernels:
                    for point in self.points:
                        yield from _cells_of(point, hardware, kernel, self.seed + replicate)

    @property
    def cell_count(self) -> int:
        """How many cells ``cells`` gives."""
        machines = len(self.hardware) * len(self.kernels)
        pairs = sum(len(point.scenarios) * len(point.strategies) for point in self.points)
        return self.replicates * machines * pairs

    def resolved(self) -> dict[str, Any]:
        """The experiment as JSON values, defaults included: what a run file keeps of it.

        Values are in base units (ns, bytes, per second, fractions).
        """
        value = asdict(self)
        value["points"] = [_point_json(point) for point in self.points]
        return {"format": FORMAT, **_plain(value)}

    @classmethod
    def from_resolved(cls, value: Mapping[str, Any]) -> Experiment:
        """The experiment that ``resolved`` wrote. Raises KeyError or TypeError otherwise."""
        fields = {key: _tuples(item) for key, item in value.items() if key != "format"}
        own = {
            "points": tuple(_point_of(point) for point in value["points"]),
            "until": until_of(value),
            "reference": tuple(reference_of(_tuples(item)) for item in value["reference"]),
        }
        return cls(**{**fields, **own})


def _cells_of(point: Point, hardware: str, kernel: str, seed: int) -> Iterator[Cell]:
    for scenario in point.scenarios:
        for strategy in point.strategies:
            yield Cell(
                hardware=hardware,
                kernel=kernel,
                machine=point.machines[hardware],
                scenario=scenario.name,
                workloads=scenario.workloads,
                strategy=strategy,
                sweep=point.sweep,
                seed=seed,
                warm_up_ns=point.warm_up_ns,
                time_ns=point.time_ns,
                drains_per_s=point.drains_per_s,
            )


def _point_json(point: Point) -> dict[str, Any]:
    value = asdict(point)
    value["sweep"] = dict(point.sweep)
    for choice in value["strategies"]:
        choice["parameters"] = dict(choice["parameters"])
    for scenario in value["scenarios"]:
        for choice in scenario["workloads"]:
            choice["parameters"] = dict(choice["parameters"])
    return value


def _point_of(value: Mapping[str, Any]) -> Point:
    scenarios = [
        Scenario(
            name=scenario["name"],
            workloads=tuple(_choice_of(WorkloadChoice, w) for w in scenario["workloads"]),
        )
        for scenario in value["scenarios"]
    ]
    machines = {name: Machine(**_tuples(machine)) for name, machine in value["machines"].items()}
    return Point(
        sweep=tuple(value["sweep"].items()),
        machines=machines,
        scenarios=tuple(scenarios),
        strategies=tuple(_choice_of(StrategyChoice, s) for s in value["strategies"]),
        warm_up_ns=value["warm_up_ns"],
        time_ns=value["time_ns"],
        drains_per_s=value["drains_per_s"],
    )


def _choice_of(kind: Any, value: Mapping[str, Any]) -> Any:
    return kind(**{**_tuples(value), "parameters": tuple(value["parameters"].items())})


def _plain(value: Any) -> Any:
    """Tuples become lists, so that the value equals what JSON gives back."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(_tuples(item) for item in value) if isinstance(value, list | tuple) else value
