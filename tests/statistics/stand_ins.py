"""Cells, metrics and a comparison that stand in for those whose verdicts are examined."""

from __future__ import annotations

from dataclasses import dataclass, field

from pcpbench.statistics.comparison import Comparison


@dataclass(frozen=True)
class Strategy:
    label: str


@dataclass(frozen=True)
class Cell:
    strategy: Strategy
    cost_ends: tuple[tuple[str, str], ...] = ()
    cost_places: tuple[tuple[str, int], ...] = ()
    hardware: str = "h"
    kernel: str = "k"
    scenario: str = "s"
    sweep: tuple[tuple[str, int], ...] = ()
    seed: int = 1


@dataclass(frozen=True)
class Result:
    cell: Cell
    metrics: dict[str, float | None]
    status: str = "ok"
    null_reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Metric:
    name: str
    scale: str
    better: str = "lower"
    margin: float = 0.0


METRICS = {"noise": Metric("noise", "difference"), "latency": Metric("latency", "ratio")}


def comparison(**changes):
    values = {
        "metric": "noise",
        "scale": "difference",
        "hardware": "h",
        "kernel": "k",
        "scenario": "s",
        "sweep": (),
        "baseline": "old",
        "candidate": "new",
        "n": 10,
        "estimate": -10.0,
        "low": -12.0,
        "high": -8.0,
        "margin": 1.0,
        "primary": True,
        "verdict": "better",
    }
    return Comparison(**{**values, **changes})
