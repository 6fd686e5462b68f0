"""Decides what the short sections of an experiment may say: how long, how often, what counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.errors import InputError, suggestion
from pcpbench.experiment import choices, values
from pcpbench.experiment.experiment import FORMAT
from pcpbench.experiment.units import METRIC_UNITS, UNITS
from pcpbench.placed_yaml import Entry, Reading

if TYPE_CHECKING:
    from pcpbench.experiment.choices import Declaring

REQUIRED = ("format", "name", "hardware", "kernel", "scenarios", "strategies")
OPTIONAL = (
    "question",
    "machine",
    "baseline",
    "simulate",
    "replicates",
    "seed",
    "primary",
    "margins",
    "robustness",
    "drains",
    "sweep",
    "reference",
    "plugins",
)
KEYS = (*REQUIRED, *OPTIONAL)

DEFAULT_REPLICATES = 10
MOST_REPLICATES = 10_000
# Seeds stay whole in every program that reads JSON.
LARGEST_SEED = 2**53 - 1 - MOST_REPLICATES
DEFAULT_WARM_UP_NS = 100_000_000
DEFAULT_TIME_NS = 1_000_000_000
LEAST_TIME_NS = 1_000_000
MOST_TIME_NS = 3600 * 10**9
MOST_DRAINS_PER_S = 1_000_000
LARGEST_RATIO_MARGIN = 1.0


def check_format(entry: Entry) -> None:
    """Raises InputError for an experiment of another version: its other keys mean other things."""
    if not isinstance(entry.value, dict):
        remedy = f"write key: value lines, first 'format: {FORMAT}'"
        raise InputError.one("an experiment is a mapping", entry.place, remedy)
    if "format" not in entry.value:
        thing = f"the experiment lacks 'format: {FORMAT}'"
        raise InputError.one(thing, entry.place, "write it as the first line")
    version = entry.value["format"]
    if version.value != FORMAT:
        said = str(version.value)[:40]
        thing = f"the format is '{said}'; this pcpbench reads '{FORMAT}'"
        newer = isinstance(version.value, str) and said.startswith("pcpbench/")
        remedy = "use the pcpbench it was written for" if newer else f"write 'format: {FORMAT}'"
        raise InputError.one(thing, version.place, remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What ``simulate:`` says."""

    warm_up_ns: int
    time_ns: int


def simulate(reading: Reading, entry: Entry) -> Times:
    """Warm-up and measured time of a cell."""
    parts = reading.mapping(entry, "'simulate'", (), ("warm_up", "time"))
    found = {"warm_up": DEFAULT_WARM_UP_NS, "time": DEFAULT_TIME_NS}
    for key, part in parts.items():
        least = LEAST_TIME_NS if key == "time" else 0
        what = f"simulate.{key}"
        value = values.whole_quantity(
            reading, part, what, UNITS["ns"], least=least, most=MOST_TIME_NS
        )
        found[key] = found[key] if value is None else value
    return Times(warm_up_ns=found["warm_up"], time_ns=found["time"])


def drains_per_s(reading: Reading, entry: Entry) -> float:
    """The rate of drains that nothing in the simulation causes."""
    parts = reading.mapping(entry, "'drains'", ("rate",))
    if "rate" not in parts:
        return 0.0
    rate = values.quantity(
        reading, parts["rate"], "drains.rate", UNITS["per_s"], least=0.001, most=MOST_DRAINS_PER_S
    )
    return float(rate or 0)


def seed(reading: Reading, entry: Entry) -> int:
    """The seed of the first replicate."""
    return reading.whole(entry, "'seed'", least=0, most=LARGEST_SEED) or 0


def primary(reading: Reading, registry: Declaring, entry: Entry) -> tuple[str, ...]:
    """The metrics whose comparisons answer the question; may be none."""
    if entry.value == []:
        return ()
    found: list[str] = []
    for item in values.items(reading, entry, "'primary'"):
        name = choices.known(reading, registry, "metrics", item.value, item.place)
        if name in found:
            reading.complain(f"metric '{name}' stands twice", item.place, "remove one")
        elif name is not None:
            found.append(name)
    return tuple(found)


def margins(
    reading: Reading,
    registry: Declaring,
    entry: Entry,
    *,
    what: str = "margin",
    may_be_zero: bool = False,
) -> dict[str, float]:
    """Margins by metric: fractions on the scale ratio, else in the metric's unit."""
    if not isinstance(entry.value, dict):
        remedy = f"write metric: {what} lines"
        reading.complain(f"'{what}s' is not a mapping", entry.place, remedy)
        return {}
    found = {}
    for key, part in entry.value.items():
        place = part.key_place or part.place
        name = choices.known(reading, registry, "metrics", key, place)
        margin = (
            None
            if name is None
            else _margin(reading, registry.metrics[name], part, f"the {what} of '{name}'")
        )
        if margin == 0 and not may_be_zero:
            remedy = "write a difference that still matters"
            reading.complain(f"the {what} of '{name}' is 0", part.place, remedy)
            margin = None
        if name is not None and margin is not None:
            found[name] = margin
    return found


def _margin(reading: Reading, metric: object, entry: Entry, what: str) -> float | None:
    ratio = getattr(metric, "scale", None) == "ratio"
    unit = UNITS["fraction"] if ratio else METRIC_UNITS[getattr(metric, "unit", "count")]
    most = LARGEST_RATIO_MARGIN if ratio else 1e18
    value = values.quantity(reading, entry, what, unit, least=0, most=most)
    return None if value is None else float(value)


def plugins(reading: Reading, entry: Entry, folder: Path) -> tuple[str, ...]:
    """Modules as written, files with their whole path."""
    if entry.value in ([], None):
        return ()
    found = []
    for item in values.items(reading, entry, "'plugins'"):
        if not isinstance(item.value, str) or not item.value.strip():
            remedy = "write the name of a module, or the path of a .py or .yaml file"
            reading.complain("a plugin is not a text", item.place, remedy)
            continue
        found.append(whole_path(item.value.strip(), folder))
    return tuple(found)


def whole_path(plugin: str, folder: Path) -> str:
    """A plugin's file from the experiment's folder; a module's name as it is."""
    from pcpbench.plugin.loading import is_file_name

    return str((folder / plugin).absolute()) if is_file_name(plugin) else plugin


def baseline(
    reading: Reading, entry: Entry | None, labels: Sequence[str], strategies: Entry | None
) -> str:
    """The label of the strategy that the others are compared with; by default the first.

    ``strategies``: as written; while one of them is wrong, it may be the one that is meant.
    """
    if entry is None or not labels:
        return labels[0] if labels else ""
    if isinstance(entry.value, str) and entry.value in labels:
        return entry.value
    if strategies is not None and len(strategies.value) != len(labels):
        return labels[0]
    said = str(entry.value)[:60]
    thing = f"the baseline '{said}' is none of the strategies{suggestion(said, labels)}"
    reading.complain(thing, entry.place, f"write one of {', '.join(dict.fromkeys(labels))}")
    return labels[0]
