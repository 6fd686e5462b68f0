"""Decides how many replicates an experiment has: a number, or as many as its intervals need."""

from __future__ import annotations

from dataclasses import dataclass

from pcpbench.experiment import values
from pcpbench.experiment.sections import DEFAULT_REPLICATES, MOST_REPLICATES
from pcpbench.experiment.units import UNITS
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.statistics.looks import LEAST_REPLICATES, Until

LEAST_WIDTH, MOST_WIDTH = 1e-6, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """``most``: how many there are at most; ``until``: when fewer are enough, None for never."""

    most: int = DEFAULT_REPLICATES
    until: Until | None = None


def read_replicates(reading: Reading, entry: Entry) -> Replicates:
    """A number, or ``{min, max, until: {ci_width}}``."""
    if isinstance(entry.value, dict):
        return _by_width(reading, entry)
    number = reading.whole(entry, "'replicates'", least=1, most=MOST_REPLICATES)
    return Replicates() if number is None else Replicates(most=number)


def _by_width(reading: Reading, entry: Entry) -> Replicates:
    parts = reading.mapping(entry, "'replicates'", ("max", "until"), ("min",))
    least: int | None = LEAST_REPLICATES
    most = width = None
    if "min" in parts:
        least = reading.whole(
            parts["min"], "replicates.min", least=LEAST_REPLICATES, most=MOST_REPLICATES
        )
    if "max" in parts:
        most = reading.whole(
            parts["max"], "replicates.max", least=LEAST_REPLICATES, most=MOST_REPLICATES
        )
    if "until" in parts:
        width = _width(reading, parts["until"])
    if least is None or most is None or width is None:
        return Replicates()
    if most < least:
        thing = f"replicates.max is {most}, and replicates.min is {least}"
        reading.complain(thing, parts["max"].place, "write a max that is no smaller")
        return Replicates()
    return Replicates(most=most, until=Until(least=least, most=most, ci_width=width))


def _width(reading: Reading, entry: Entry) -> float | None:
    parts = reading.mapping(entry, "'until'", ("ci_width",))
    if "ci_width" not in parts:
        return None
    found = values.quantity(
        reading,
        parts["ci_width"],
        "until.ci_width",
        UNITS["fraction"],
        least=LEAST_WIDTH,
        most=MOST_WIDTH,
    )
    return None if found is None else float(found)
