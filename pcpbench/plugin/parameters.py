"""Decides how strategies and workloads declare their parameters; validation and docs follow.

    class Loop(Workload):
        period: int = param(50_000, unit="ns", ge=1_000, help="Length of a period.")

``Loop(period=80_000).period`` is 80000; ``Loop(perod=1)`` and ``Loop(period=5)`` raise ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pcpbench.errors import suggestion

# A unit says how an experiment writes the value: "50 us", "500 k/s", "4 GiB", "2 %". A "path" is a
# text; one that exists beside the experiment file arrives as a whole path.
UNITS = (None, "ns", "per_s", "bytes", "fraction", "path")

ParameterValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One declared parameter. ``type``: int, float, bool or str. ``ge``, ``le``: bounds, both
    included. ``choices``: the values allowed; empty for any. ``unit``: one of UNITS."""

    name: str
    type: type
    default: ParameterValue
    unit: str | None
    ge: float | None
    le: float | None
    choices: tuple[ParameterValue, ...]
    help: str

    def checked(self, value: Any) -> ParameterValue:
        """The value in the parameter's type. Raises ValueError that says what it must be."""
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not self._has_type(value):
            raise ValueError(f"{self.name} is {value!r}; it must be {self.expected()}")
        too_low = self.ge is not None and value < self.ge
        too_high = self.le is not None and value > self.le
        if too_low or too_high or (self.choices and value not in self.choices):
            hint = suggestion(str(value), [str(c) for c in self.choices])
            raise ValueError(f"{self.name} is {value!r}; it must be {self.expected()}{hint}")
        checked: ParameterValue = value
        return checked

    def in_words(self) -> str:
        """What a list in the documentation says of it."""
        return f"`{self.name}`: {self.help} Must be {self.expected()}; by default {self.default}."

    def _has_type(self, value: Any) -> bool:
        """Exactly the declared type: true is no number, and NaN and infinity are none either."""
        same: bool = type(value) is self.type
        return same and (self.type is not float or math.isfinite(value))

    def expected(self) -> str:
        """What a value must be, in words: "a whole number from 1 to 8 (ns)"."""
        if self.choices:
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        words = {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}
        text = words[self.type]
        if self.ge is not None and self.le is not None:
            text += f" from {number_text(self.ge)} to {number_text(self.le)}"
        elif self.ge is not None:
            text += f" of at least {number_text(self.ge)}"
        elif self.le is not None:
            text += f" of at most {number_text(self.le)}"
        return text if self.unit is None else f"{text} ({self.unit})"


def number_text(number: float) -> str:
    """A bound as people read it: whole numbers in full, 1,000,000 and not 1e+06."""
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"


@dataclass(frozen=True, slots=True)
class _Declared:
    """What ``param`` leaves in a class body until the class is complete."""

    default: ParameterValue
    unit: str | None
    ge: float | None
    le: float | None
    choices: tuple[ParameterValue, ...]
    help: str


def param(
    default: ParameterValue,
    *,
    unit: str | None = None,
    ge: float | None = None,
    le: float | None = None,
    choices: Sequence[ParameterValue] = (),
    help: str = "",
) -> Any:
    """Declares a parameter in a class body; its type is that of ``default``.

    ``unit``: None, "ns", "per_s", "bytes", "fraction" or "path". Raises ValueError for another,
    and for a default of another type.
    """
    if unit not in UNITS:
        raise ValueError(f"unit {unit!r} is not one of {UNITS}")
    if type(default) not in (int, float, bool, str):
        raise ValueError(f"the default is {default!r}; it must be a number, a text, True or False")
    if unit == "fraction" and type(default) is not float:
        raise ValueError(f"the default of a fraction is {default!r}; write {float(default)!r}")
    return _Declared(default, unit, ge, le, tuple(choices), help)


class Parameterised:
    """Base of what has declared parameters: each becomes an attribute of the instance. No
    parameter may be called like another attribute, or like a reserved key."""

    _parameters: ClassVar[tuple[Parameter, ...]] = ()
    _reserved: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        own = {name: d for name, d in vars(cls).items() if isinstance(d, _Declared)}
        inherited = [p for p in cls._parameters if p.name not in own]
        known = {p.name for p in cls._parameters}
        for name in own:
            if name in cls._reserved or (name not in known and hasattr(super(cls, cls), name)):
                raise ValueError(
                    f"{cls.__name__}: '{name}' has another meaning here; call the parameter "
                    "something else"
                )
        declared = [
            Parameter(
                name=name,
                type=type(d.default),
                default=d.default,
                unit=d.unit,
                ge=d.ge,
                le=d.le,
                choices=d.choices,
                help=d.help,
            )
            for name, d in own.items()
        ]
        cls._parameters = (*inherited, *declared)
        for parameter in declared:
            parameter.checked(parameter.default)
            setattr(cls, parameter.name, parameter.default)

    def __init__(self, **values: ParameterValue) -> None:
        """Sets the parameters given by keyword. Raises ValueError for an unknown name or a value
        that its declaration does not allow."""
        known = {parameter.name: parameter for parameter in self._parameters}
        for name, value in values.items():
            if name not in known:
                hint = suggestion(name, known)
                raise ValueError(f"{type(self).__name__} has no parameter '{name}'{hint}")
            setattr(self, name, known[name].checked(value))

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The declared parameters, those of base classes first."""
        return cls._parameters

    @classmethod
    def reserved(cls) -> tuple[str, ...]:
        """The keys that experiments write beside the parameters."""
        return cls._reserved
