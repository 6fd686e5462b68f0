"""Decides which complaint a value of the wrong type, unit or range gets."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from pcpbench.errors import suggestion
from pcpbench.experiment import units
from pcpbench.experiment.units import Unit
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.plugin.parameters import Parameter, ParameterValue

# Names become words of tables and of file names.
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,59}", re.ASCII)
LONGEST_TEXT = 1000


def quantity(
    reading: Reading, entry: Entry, what: str, unit: Unit, *, least: float, most: float
) -> Fraction | None:
    """A value with its unit, from least to most (in the unit's base), or None after a complaint."""
    try:
        value = units.parse(entry.value, unit)
    except units.NotAQuantity as error:
        reading.complain(f"{what} {error.thing}", entry.place, error.remedy)
        return None
    if not least <= value <= most:
        remedy = f"it must be from {unit.write(least)} to {unit.write(most)}"
        reading.complain(f"{what} is {entry.value}", entry.place, remedy)
        return None
    return value


def whole_quantity(
    reading: Reading, entry: Entry, what: str, unit: Unit, *, least: int, most: int
) -> int | None:
    """The same for values that the simulation counts in whole ns or bytes."""
    value = quantity(reading, entry, what, unit, least=least, most=most)
    if value is not None and value.denominator != 1:
        remedy = f"write a multiple of {unit.write(1)}"
        reading.complain(f"{what} is {entry.value}", entry.place, remedy)
        return None
    return None if value is None else int(value)


def flag(reading: Reading, entry: Entry, what: str) -> bool | None:
    """true or false, or None after a complaint."""
    if isinstance(entry.value, bool):
        return entry.value
    reading.complain(f"{what} is not true or false", entry.place, "write true or false")
    return None


def word(reading: Reading, value: object, what: str, place: str) -> str | None:
    """A name without spaces, or None after a complaint."""
    if isinstance(value, str) and WORD.fullmatch(value):
        return value
    remedy = "write letters, digits and any of . _ + - after the first (quote a plain number)"
    reading.complain(f"{what} is not a name", place, remedy)
    return None


def line(reading: Reading, entry: Entry, what: str) -> str | None:
    """A text of a sentence or two, as one line, or None after a complaint."""
    text = entry.value
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        reading.complain(f"{what} is not a sentence", entry.place, "write some words of text")
        return None
    return " ".join(text.split())


def items(reading: Reading, entry: Entry, what: str) -> list[Entry]:
    """The entries of a list, or of a single value as a list of one; empty after a complaint."""
    if isinstance(entry.value, dict) or entry.value in (None, []):
        wrong = "is empty" if entry.value in (None, []) else "is not a list"
        reading.complain(f"{what} {wrong}", entry.place, "write [one, another]")
        return []
    return entry.value if isinstance(entry.value, list) else [entry]


def parameter_value(
    reading: Reading, entry: Entry, parameter: Parameter, what: str, folder: Path
) -> ParameterValue | None:
    """The value that a plugin's parameter gets, or None after a complaint.

    ``folder``: the experiment's; a path that exists there becomes a whole path.
    """
    before = len(reading.problems)
    value = entry.value
    if parameter.unit == "path":
        value = _whole_path(value, folder)
    elif parameter.unit is not None and not parameter.choices:
        value = _with_unit(reading, entry, parameter, what)
    elif isinstance(value, list | dict):
        reading.complain(f"{what} is not a single value", entry.place, "write one value")
    if len(reading.problems) > before:
        return None
    try:
        return parameter.checked(value)
    except (ValueError, OverflowError):
        shown = str(entry.value)[:60]
        hint = suggestion(shown, [str(choice) for choice in parameter.choices])
        remedy = f"it must be {parameter.expected()}"
        reading.complain(f"{what} is '{shown}'{hint}", entry.place, remedy)
        return None


def _whole_path(value: object, folder: Path) -> object:
    """Names that are no file stay: the plugin may know them."""
    try:
        found = isinstance(value, str) and value.strip() != "" and (folder / value).exists()
    except (OSError, ValueError):
        found = False
    return str((folder / str(value)).absolute()) if found else value


def _with_unit(
    reading: Reading, entry: Entry, parameter: Parameter, what: str
) -> int | float | None:
    unit = units.UNITS[str(parameter.unit)]
    largest = 10.0**18
    least = -largest if parameter.ge is None else parameter.ge
    most = largest if parameter.le is None else parameter.le
    if parameter.type is int:
        return whole_quantity(reading, entry, what, unit, least=int(least), most=int(most))
    value = quantity(reading, entry, what, unit, least=least, most=most)
    return None if value is None else float(value)
