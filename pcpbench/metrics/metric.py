"""Decides what has to be declared about a metric before anything may be measured or judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pcpbench.metrics.raw import RawMeasurements

Number = int | float
Direction = Literal["lower", "higher", "neither"]
Scale = Literal["ratio", "difference"]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a metric has no value in a cell; free of that cell's numbers, so reports can group it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric, declared once.

    ``name``: unique, as written in experiments and results. ``title``: how a sentence names it.
    ``unit``: a key of ``UNITS``. ``better``: which direction is an improvement. ``scale``:
    compared as a ratio (values strictly positive) or as a difference (values may be 0).
    ``margin``: differences this small do not matter unless an experiment says otherwise; a
    fraction (0.05 = 5 %) on the ratio scale, else in ``unit``. ``help``: one sentence. ``source``:
    who measures it this way. ``raw``: what it is made of. ``assumed``: the numbers it passes
    through from a profile or a strategy, empty where the simulation finds it. ``of``: its value
    in a cell, or why there is none.
    """

    name: str
    title: str
    unit: str
    better: Direction
    scale: Scale
    margin: float
    help: str
    raw: str
    of: Callable[[RawMeasurements], Number | Missing]
    source: str = ""
    assumed: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            known = ", ".join(UNITS)
            raise ValueError(f"metric {self.name}: unit {self.unit!r} is none of {known}")
        if self.better not in ("lower", "higher", "neither"):
            raise ValueError(f"metric {self.name}: better is {self.better!r}")
        if self.scale not in ("ratio", "difference"):
            raise ValueError(f"metric {self.name}: scale is {self.scale!r}")
        if not 0 <= self.margin < float("inf"):
            raise ValueError(f"metric {self.name}: margin {self.margin} is not a number >= 0")


UNITS = {
    "ns": "nanoseconds of simulated time",
    "ns_per_s": "nanoseconds in each second of simulated time",
    "percent": "percent",
    "per_s": "per second of simulated time",
    "pages_per_s": "pages per second of simulated time",
    "count": "occurrences in the measured window",
    "pages": "pages",
    "bytes": "bytes",
}
