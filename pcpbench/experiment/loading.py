"""Decides in which order an experiment is read and checked, so that all problems come at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcpbench.errors import InputError, Problem
from pcpbench.experiment import sections, values
from pcpbench.experiment.choices import Checking
from pcpbench.experiment.experiment import Experiment, Point
from pcpbench.experiment.points import parameter_units, read_machinery, read_points
from pcpbench.experiment.quick import said_replicates, shortened
from pcpbench.experiment.reference import read_references
from pcpbench.experiment.replicates import read_replicates
from pcpbench.experiment.robustness import robustness_wanted
from pcpbench.experiment.settings import read_settings, replaced
from pcpbench.experiment.sweep import sweep_axes
from pcpbench.experiment.transplanted import transplanted
from pcpbench.experiment.trial import try_workloads
from pcpbench.placed_yaml import Entry, Reading, in_file, parse_entries, read_content

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry

DEFAULT_SEED = 1
MOST_CELLS = 1_000_000


def read_plugins(path: Path, settings: Sequence[str] = ()) -> tuple[str, ...]:
    """The plugins that an experiment names, to build the registry that ``load_experiment`` needs.

    Files come with their whole path. Raises InputError if the file cannot be read or is not YAML;
    other problems are left to ``load_experiment``.
    """
    reading = Reading()
    root = _tree(path, read_content(path), settings, reading)
    entry = root.value.get("plugins") if isinstance(root.value, dict) else None
    return () if entry is None else sections.plugins(reading, entry, path.parent)


def load_experiment(
    path: Path,
    *,
    registry: Registry,
    settings: Sequence[str] = (),
    quick: bool = False,
    seed: int | None = None,
    replicates: int | None = None,
) -> Experiment:
    """Reads and checks an experiment. Raises InputError with every problem and its place.

    ``settings``: texts ``path=value`` that replace values of the file. ``seed``, ``replicates``
    replace the file's. ``quick`` shortens what neither they nor ``settings`` give."""
    text, reading = read_content(path), Reading()
    root = _with_arguments(_tree(path, text, settings, reading), seed=seed, replicates=replicates)
    entries = reading.mapping(root, "the experiment", sections.REQUIRED, sections.OPTIONAL)
    axes = sweep_axes(reading, entries.get("sweep"))
    checking = Checking(reading, registry, path.parent)
    machinery = read_machinery(reading, registry, entries)
    points = read_points(checking, root, axes, machinery)
    whole = _whole_values(checking, entries, _labels(points))
    points = _shortened(whole, points, [*settings, *axes], replicates) if quick else points
    wanted = entries.get("robustness")
    robustness = robustness_wanted(reading, wanted, quick=quick, replicates=whole["replicates"])
    plain = tuple(point for point, _ in points)
    experiment = Experiment(
        **{**whole, **machinery.named()},
        points=plain,
        robustness=robustness,
        units=parameter_units(registry, plain),
        transplanted=transplanted(reading, registry, plain, machinery, entries),
        reference=read_references(reading, registry, entries.get("reference"), plain, machinery),
        quick=quick,
        settings=tuple(settings),
        text=text,
    )
    try_workloads(reading, registry, points, experiment.seed)
    _finish(reading, experiment, entries.get("replicates", root))
    return experiment


def _shortened(
    whole: dict[str, Any],
    points: Sequence[tuple[Point, Entry]],
    settings: Sequence[str],
    replicates: int | None,
) -> list[tuple[Point, Entry]]:
    """The points of a first look; changes the number of replicates, too. What ``settings`` and
    ``replicates`` give is kept."""
    said = [*settings, *([] if replicates is None else ["replicates"])]
    whole["replicates"], shorter = shortened(whole["replicates"], points, said)
    whole["until"] = whole["until"] if said_replicates(said) else None
    return shorter


def _labels(points: Sequence[tuple[Point, Entry]]) -> list[str]:
    """The labels of strategies that every point has."""
    every = [[strategy.label for strategy in point.strategies] for point, _ in points]
    return [label for label in every[0] if all(label in own for own in every)]


def _tree(path: Path, text: str, settings: Sequence[str], reading: Reading) -> Entry:
    root = parse_entries(text, str(path), in_file(path), reading)
    for setting in read_settings(settings, reading):
        if isinstance(root.value, dict):
            root = replaced(root, setting, dict.fromkeys(sections.KEYS), reading)
    return root


def _with_arguments(root: Entry, **arguments: int | None) -> Entry:
    """Arguments are checked like the values they replace, and blamed by their own name. Raises
    InputError for an experiment of another version."""
    sections.check_format(root)
    given = {
        key: Entry(value, f"--{key} {value}")
        for key, value in arguments.items()
        if value is not None
    }
    return Entry({**root.value, **given}, root.place)


def _whole_values(
    checking: Checking, entries: Mapping[str, Entry], labels: Sequence[str]
) -> dict[str, Any]:
    """What is the same for all cells."""
    reading, registry = checking.reading, checking.registry
    found: dict[str, Any] = {"name": "", "question": "", "primary": (), "margins": {}}
    found["seed"] = DEFAULT_SEED
    if "name" in entries:
        name = entries["name"]
        found["name"] = values.word(reading, name.value, "'name'", name.place)
    if "question" in entries:
        found["question"] = values.line(reading, entries["question"], "'question'")
    if "seed" in entries:
        found["seed"] = sections.seed(reading, entries["seed"])
    if "primary" in entries:
        found["primary"] = sections.primary(reading, registry, entries["primary"])
    found |= _chosen_replicates(reading, entries, found["primary"])
    if "margins" in entries:
        found["margins"] = sections.margins(reading, registry, entries["margins"])
    if "plugins" in entries:
        found["plugins"] = sections.plugins(reading, entries["plugins"], checking.folder)
    found["baseline"] = sections.baseline(
        reading, entries.get("baseline"), labels, entries.get("strategies")
    )
    return found


def _chosen_replicates(
    reading: Reading, entries: Mapping[str, Entry], primary: Sequence[str]
) -> dict[str, Any]:
    """How many replicates, and until when."""
    if "replicates" not in entries:
        return {"replicates": sections.DEFAULT_REPLICATES, "until": None}
    found = read_replicates(reading, entries["replicates"])
    if found.until is not None and not primary:
        thing = "replicates stop at the intervals of primary metrics, and there are none"
        reading.complain(thing, entries["replicates"].place, "name metrics under 'primary'")
    return {"replicates": found.most, "until": found.until}


def _check_size(reading: Reading, experiment: Experiment, entry: Entry) -> None:
    arms = max(len(point.strategies) for point in experiment.points)
    if experiment.replicates < 2 and arms > 1:
        thing = "strategies cannot be compared on 1 replicate"
        remedy = "write 2 or more (10 is a good start), or keep one strategy"
        reading.complain(thing, entry.place, remedy)
    if experiment.cell_count > MOST_CELLS:
        thing = f"these are {experiment.cell_count} cells"
        reading.complain(thing, entry.place, "lower replicates, or sweep over less")


def _finish(reading: Reading, experiment: Experiment, replicates: Entry) -> None:
    """Raises InputError with each problem once, in the order of lines, the command line's last."""
    _check_size(reading, experiment, replicates)

    def key(problem: Problem) -> tuple[bool, int, int]:
        match = re.search(r":(\d+):(\d+)$", problem.place or "")
        return (False, int(match[1]), int(match[2])) if match else (True, 0, 0)

    if reading.problems:
        raise InputError(sorted(dict.fromkeys(reading.problems), key=key))
