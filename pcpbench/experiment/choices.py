"""Decides which names an experiment may use, and turns them and their parameters into choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pcpbench.errors import suggestion
from pcpbench.experiment import values
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.plugin.parameters import Parameterised
from pcpbench.simulator.cell import Pairs, StrategyChoice

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry


@dataclass(frozen=True, slots=True)
class Checking:
    """What checking needs. ``folder``: the experiment's, where relative paths start."""

    reading: Reading
    registry: Registry
    folder: Path


class Declaring(Protocol):
    """What is asked of a registry, or of a run file, that declares metrics."""

    @property
    def metrics(self) -> Mapping[str, Any]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


# The registry's mappings, and how a sentence calls their members.
NOUNS = {
    "strategies": "strategy",
    "workloads": "workload",
    "hardware": "hardware profile",
    "kernels": "kernel",
    "metrics": "metric",
}


def known(reading: Reading, registry: Declaring, kind: str, name: object, place: str) -> str | None:
    """The name, if the registry has it among ``kind``; None after a complaint."""
    choices: Mapping[str, object] = getattr(registry, kind)
    if isinstance(name, str) and name in choices:
        return name
    if isinstance(name, str):
        thing = f"there is no {NOUNS[kind]} '{name[:60]}'{suggestion(name, choices)}"
    else:
        shown = "this" if isinstance(name, list | dict) else f"'{str(name)[:60]}'"
        thing = f"{shown} is not the name of a {NOUNS[kind]}"
    remedy = f"'pcpbench list {kind}' shows them all"
    if isinstance(name, str) and name.endswith(".yaml"):
        remedy = f"name the file under 'plugins' (or with -p), and here '{Path(name).stem}'"
    if registry.warnings:
        # What is missing may well be in the plugin that could not be loaded.
        remedy += f" (not loaded: {'; '.join(registry.warnings)})"
    reading.complain(thing, place, remedy)
    return None


def names(reading: Reading, registry: Registry, kind: str, entry: Entry) -> tuple[str, ...]:
    """The names of a list (or of a single one), each known and given once."""
    found: list[str] = []
    for item in values.items(reading, entry, f"'{kind}'"):
        name = known(reading, registry, kind, item.value, item.place)
        if name in found:
            reading.complain(f"{NOUNS[kind]} '{name}' stands twice", item.place, "remove one")
        elif name is not None:
            found.append(name)
    return tuple(found)


def parameters(
    checking: Checking,
    chosen: type[Parameterised],
    what: str,
    entry: Entry,
) -> Pairs:
    """All parameters of a strategy or workload, sorted, those not given by their default.

    ``entry``: a mapping, or the bare name.
    """
    reserved = chosen.reserved()
    reading = checking.reading
    declared = {parameter.name: parameter for parameter in chosen.parameters()}
    resolved = {name: parameter.default for name, parameter in declared.items()}
    before = len(reading.problems)
    given = entry.value if isinstance(entry.value, dict) else {}
    for key, part in given.items():
        if key in reserved:
            continue
        if key not in declared:
            hint = suggestion(str(key), [*declared, *reserved])
            has = f"it has {', '.join(declared)}" if declared else "it has none"
            thing = f"{what} has no parameter '{key}'{hint}"
            reading.complain(thing, part.key_place or part.place, has)
            continue
        value = values.parameter_value(reading, part, declared[key], f"'{key}'", checking.folder)
        if value is not None:
            resolved[key] = value
    if len(reading.problems) == before:
        try:
            # Its constructor may check more than declarations say; a plugin's may raise anything.
            chosen(**resolved)
        except Exception as error:
            thing = f"{what} refuses its parameters: {str(error) or type(error).__name__}"
            reading.complain(thing, entry.place, "correct them")
    return tuple(sorted(resolved.items()))


def strategies(checking: Checking, entry: Entry) -> tuple[StrategyChoice, ...]:
    """The strategies of an experiment; their labels are unique."""
    reading = checking.reading
    labels: set[str] = set()
    found: list[StrategyChoice] = []
    for item in values.items(reading, entry, "'strategies'"):
        choice = _strategy(checking, item)
        if choice is None:
            continue
        if choice.label in labels:
            thing = f"two strategies have the label '{choice.label}'"
            remedy = f"give one another: {{name: {choice.name}, label: ...}}"
            reading.complain(thing, item.place, remedy)
        labels.add(choice.label)
        found.append(choice)
    return tuple(found)


def _strategy(checking: Checking, entry: Entry) -> StrategyChoice | None:
    reading, registry = checking.reading, checking.registry
    parts: Mapping[str, Entry] = entry.value if isinstance(entry.value, dict) else {"name": entry}
    if "name" not in parts:
        remedy = "write {name: workqueue} with its parameters beside it"
        reading.complain("a strategy lacks 'name'", entry.place, remedy)
        return None
    name = known(reading, registry, "strategies", parts["name"].value, parts["name"].place)
    label: str | None = name
    if "label" in parts:
        label = values.word(reading, parts["label"].value, "'label'", parts["label"].place)
    if name is None:
        return None
    pairs = parameters(checking, registry.strategies[name], f"strategy '{name}'", entry)
    return StrategyChoice(name=name, label=label or name, parameters=pairs)
