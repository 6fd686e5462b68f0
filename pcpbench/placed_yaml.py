"""Reads a YAML data file so that every complaint about a value can name its line and column.

Files of experiments, profiles and presets are plain trees: no anchors, no tags, no key twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcpbench.errors import InputError, Problem, suggestion, unreadable

if TYPE_CHECKING:
    from yaml import MappingNode, Node

LARGEST_FILE_BYTES = 1 << 20
LARGEST_NUMBER = 10**18
DEEPEST_NESTING = 32
# Larger numbers are no one's; Python refuses to print very large ones.
MOST_BITS = 256
PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str"))

# The place of a line and a column, both from 1.
Locate = Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A value and where it stands (``file:line:column``).

    ``value``: a scalar, a list of entries, or a dict from key to entry. ``key_place``: where the
    key stands, for the entries of a mapping.
    """

    value: Any
    place: str
    key_place: str | None = None


@dataclass(slots=True)
class Reading:
    """A file being checked: gathers problems, so that all are told at once."""

    problems: list[Problem] = field(default_factory=list)

    def complain(self, thing: str, place: str, remedy: str) -> None:
        self.problems.append(Problem(thing, place, remedy))

    def finish(self) -> None:
        """Raises InputError with every problem found, if any."""
        if self.problems:
            raise InputError(self.problems)

    def mapping(
        self, entry: Entry, what: str, required: Collection[str], optional: Collection[str] = ()
    ) -> Mapping[str, Entry]:
        """The entries of a mapping by key; complains of missing and unknown keys."""
        if not isinstance(entry.value, dict):
            self.complain(f"{what} is not a mapping", entry.place, "write key: value lines")
            return {}
        known = [*required, *optional]
        for key, child in entry.value.items():
            if key not in known:
                hint = suggestion(str(key), known)
                place = child.key_place or child.place
                self.complain(f"{what} has no key '{key}'{hint}", place, "correct it")
        for key in required:
            if key not in entry.value:
                self.complain(f"{what} lacks '{key}'", entry.place, "add it")
        return {key: child for key, child in entry.value.items() if key in known}

    def number(self, entry: Entry, what: str, *, least: float, strict: bool) -> float | None:
        """A finite number >= least (> least if strict), or None after a complaint."""
        value = entry.value
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not abs(value) < math.inf or abs(value) > LARGEST_NUMBER:
            self.complain(f"{what} is not a finite number", entry.place, "write a plain number")
            return None
        if value < least or (strict and value == least):
            word = "more than" if strict else "at least"
            self.complain(f"{what} is {value}", entry.place, f"it must be {word} {least:g}")
            return None
        return float(value)

    def whole(self, entry: Entry, what: str, *, least: int, most: int) -> int | None:
        """An integer from least to most, or None after a complaint."""
        value = entry.value
        if isinstance(value, bool) or not isinstance(value, int):
            self.complain(f"{what} is not a whole number", entry.place, "write an integer")
            return None
        if not least <= value <= most:
            shown = value if abs(value) <= LARGEST_NUMBER else "out of range"
            self.complain(f"{what} is {shown}", entry.place, f"it must be from {least} to {most}")
            return None
        return value

    def text(self, entry: Entry, what: str) -> str | None:
        """A non-empty string, or None after a complaint."""
        if not isinstance(entry.value, str) or not entry.value.strip():
            self.complain(f"{what} is not a text", entry.place, "write a sentence")
            return None
        return entry.value.strip()


def read_entries(path: Path) -> Entry:
    """The tree of a YAML file. Raises InputError if it cannot be read or is not a plain tree."""
    content = read_content(path)
    reading = Reading()
    entry = parse_entries(content, str(path), in_file(path), reading)
    reading.finish()
    return entry


def in_file(path: Path) -> Locate:
    """Places as ``file:line:column``."""
    return lambda line, column: f"{path}:{line}:{column}"


def read_content(path: Path) -> str:
    """The text of a file. Raises InputError if it cannot be read, is too large or not UTF-8."""
    try:
        # Files of /dev and pipes have no size: the limit is on what is read.
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise unreadable(path, error, "no file can have this name", like=_like(path)) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise InputError.one("the file is larger than 1 MiB", str(path), "is it the right file?")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        place = f"{path}:{line}:{column}"
        raise InputError.one("it is not UTF-8 text", place, "save it as UTF-8") from error


def _like(path: Path) -> str:
    """A suggestion of a file in the same folder, if the name is near to its name."""
    try:
        names = [found.name for found in path.parent.iterdir() if found.suffix == path.suffix]
    except OSError:
        return ""
    return "" if path.exists() else suggestion(path.name, names)


def parse_entries(content: str, source: str, locate: Locate, reading: Reading) -> Entry:
    """The tree of a YAML text; ``reading`` gets the complaints about single values.

    ``source``: stands for the place of what has no line. Raises InputError if it is not YAML, is
    empty, or uses anchors.
    """
    import yaml

    try:
        _refuse_expansion(content, locate)
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        thing, place = _syntax_problem(error, content, source, locate)
        raise InputError.one(f"not YAML: {thing}", place, "correct the syntax") from error
    if root is None:
        raise InputError.one("it is empty", source, "the documentation and configs/ have examples")
    return _entry(root, locate, reading)


def _refuse_expansion(content: str, locate: Locate) -> None:
    """Before composing: a few lines of anchors can expand without end, brackets nest likewise."""
    import yaml

    opening = (
        yaml.BlockMappingStartToken,
        yaml.BlockSequenceStartToken,
        yaml.FlowMappingStartToken,
        yaml.FlowSequenceStartToken,
    )
    closing = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
    depth = 0
    for token in yaml.scan(content, Loader=yaml.SafeLoader):
        depth += isinstance(token, opening) - isinstance(token, closing)
        anchor = isinstance(token, yaml.AliasToken | yaml.AnchorToken)
        if not anchor and depth <= DEEPEST_NESTING:
            continue
        place = locate(token.start_mark.line + 1, token.start_mark.column + 1)
        if anchor:
            raise InputError.one("anchors are not allowed here", place, "write the value out")
        raise InputError.one("it is nested too deeply", place, "write it flatter")


def _syntax_problem(error: Exception, content: str, source: str, locate: Locate) -> tuple[str, str]:
    """What is wrong, and where."""
    import yaml

    if isinstance(error, yaml.reader.ReaderError):
        line = content.count("\n", 0, error.position) + 1
        column = error.position - content.rfind("\n", 0, error.position)
        return "a control character", locate(line, column)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    thing = getattr(error, "problem", None) or getattr(error, "context", None)
    place = locate(mark.line + 1, mark.column + 1) if mark else source
    return thing or "nested too deeply", place


def _entry(node: Node, locate: Locate, reading: Reading) -> Entry:
    import yaml

    place = locate(node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return Entry([_entry(child, locate, reading) for child in node.value], place)
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return Entry(dict(_pairs(node, locate, reading)), place)
    try:
        if node.tag in PLAIN_TAGS:
            value = yaml.SafeLoader("").construct_object(node, deep=True)
            if not isinstance(value, int) or value.bit_length() <= MOST_BITS:
                return Entry(value, place)
    except (yaml.YAMLError, ValueError, KeyError, IndexError):
        pass  # such as !!int "x", or more digits than Python converts
    shown = node.value if isinstance(node.value, str) else node.tag
    shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
    reading.complain(f"'{shown}' has no plain value", place, "remove the tag or quote it")
    return Entry(None, place)


def _pairs(node: MappingNode, locate: Locate, reading: Reading) -> Iterator[tuple[Any, Entry]]:
    seen = set()
    for key_node, value_node in node.value:
        key = _entry(key_node, locate, reading)
        if isinstance(key.value, list | dict):
            reading.complain("a key is not a plain word", key.place, "write key: value")
            continue
        if key.value in seen:
            reading.complain(f"key '{key.value}' stands twice", key.place, "remove one")
            continue
        seen.add(key.value)
        value = _entry(value_node, locate, reading)
        yield key.value, Entry(value.value, value.place, key.place)
