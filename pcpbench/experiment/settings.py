"""Decides what a path such as ``machine.cpus`` names in an experiment, and replaces it.

``--set path=value`` and ``sweep:`` use the same paths. A step is a key of a mapping, or an entry
of a list by its number (from 0) or by its label, name or kind, the first of them that it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pcpbench.errors import InputError, suggestion
from pcpbench.placed_yaml import Entry, Reading, parse_entries

# Here the rest of a path is one key: names of metrics and paths contain dots.
WHOLE_REST = ("margins", "sweep")
# Sections that a path may begin when the experiment leaves them out.
OPTIONAL_SECTIONS = ("machine", "simulate", "drains", "margins", "sweep", "replicates")
NAMES_OF_ITEMS = ("label", "name", "kind")
LONGEST_INDEX = 6


@dataclass(frozen=True, slots=True)
class Setting:
    """A value for a path, and the place to blame for the path."""

    path: str
    entry: Entry
    place: str


def read_settings(texts: Sequence[str], reading: Reading) -> list[Setting]:
    """The settings of ``--set``; complaints name them as ``--set path=value``."""
    read = (_read_setting(text, reading) for text in texts)
    return [setting for setting in read if setting is not None]


def _read_setting(text: str, reading: Reading) -> Setting | None:
    place = f"--set {text}"
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not all(path.split(".")):
        reading.complain("it sets nothing", place, "write path=value, such as machine.cpus=8")
        return None
    if not value.strip():
        reading.complain(f"{path} gets no value", place, "write one after the '='")
        return None
    try:
        parsed = parse_entries(value, place, lambda line, column: place, reading)
    except InputError as error:
        reading.problems.extend(error.problems)
        return None
    return Setting(path, Entry(parsed.value, place, place), place)


def replaced(root: Entry, setting: Setting, known: Mapping[str, object], reading: Reading) -> Entry:
    """The tree with the value of the setting's path replaced; the given tree stays as it is.

    ``known``: the keys of an experiment. A path that leads nowhere is a complaint at the setting's
    place; an unknown last key is left for the check of its section to find.
    """
    steps = setting.path.split(".")
    first = steps[0]
    if first not in known:
        hint = suggestion(first, known)
        reading.complain(f"an experiment has no key '{first}'{hint}", setting.place, "correct it")
        return root
    if first in WHOLE_REST and len(steps) > 1:
        steps = [first, ".".join(steps[1:])]
    return _Replacement(setting, reading).of(root, steps, "the experiment")


class _Replacement:
    """Rebuilds the entries along one path."""

    def __init__(self, setting: Setting, reading: Reading) -> None:
        self.setting = setting
        self.reading = reading

    def of(self, entry: Entry, steps: Sequence[str], what: str) -> Entry:
        if not steps:
            new = self.setting.entry
            return Entry(new.value, new.place, entry.key_place or new.key_place)
        if isinstance(entry.value, dict):
            return self._in_mapping(entry, steps, what)
        if isinstance(entry.value, list):
            return self._in_list(entry, steps, what)
        self._complain(f"{what} is a single value and has no '{steps[0]}'")
        return entry

    def _in_mapping(self, entry: Entry, steps: Sequence[str], what: str) -> Entry:
        key, rest = _key(entry.value, steps)
        if key not in entry.value:
            if not rest:
                return self._with(entry, key, self.setting.entry)
            if what != "the experiment" or key not in OPTIONAL_SECTIONS:
                self._complain(f"{what} has no '{key}'{suggestion(key, entry.value)}")
                return entry
        place = self.setting.place
        child = entry.value.get(key, Entry({}, place, place))
        if child.value is None and rest:
            child = Entry({}, child.place, child.key_place)
        return self._with(entry, key, self.of(child, rest, f"'{key}'"))

    def _in_list(self, entry: Entry, steps: Sequence[str], what: str) -> Entry:
        index = self._index(entry.value, steps[0], what)
        if index is None:
            return entry
        child, rest = entry.value[index], steps[1:]
        if isinstance(child.value, str) and rest:
            # A strategy may be written as its bare name.
            child = Entry({"name": Entry(child.value, child.place)}, child.place)
        items = list(entry.value)
        items[index] = self.of(child, rest, f"{what}, entry {index},")
        return Entry(items, entry.place, entry.key_place)

    def _index(self, items: Sequence[Entry], step: str, what: str) -> int | None:
        if step.isdecimal() and len(step) <= LONGEST_INDEX:
            if int(step) < len(items):
                return int(step)
            self._complain(f"{what} has {len(items)} entries, counted from 0, and no {step}")
            return None
        names = [_name(item) for item in items]
        found = [index for index, name in enumerate(names) if name == step]
        if len(found) == 1:
            return found[0]
        if found:
            numbers = " and ".join(map(str, found))
            self._complain(f"{what} has more than one '{step}'", f"use a number: {numbers}")
            return None
        hint = suggestion(step, names)
        self._complain(f"{what} has no '{step}'{hint}")
        return None

    def _complain(self, thing: str, remedy: str = "correct the path") -> None:
        self.reading.complain(thing, self.setting.place, remedy)

    @staticmethod
    def _with(entry: Entry, key: str, child: Entry) -> Entry:
        return Entry({**entry.value, key: child}, entry.place, entry.key_place)


def _key(mapping: Mapping[str, Entry], steps: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The longest run of steps that is a key: names may contain dots."""
    for count in range(len(steps), 1, -1):
        joined = ".".join(steps[:count])
        if joined in mapping:
            return joined, steps[count:]
    return steps[0], steps[1:]


def _name(item: Entry) -> str:
    if not isinstance(item.value, dict):
        return str(item.value) if isinstance(item.value, str | int | float) else ""
    named = [item.value[key].value for key in NAMES_OF_ITEMS if key in item.value]
    return str(named[0]) if named else ""
