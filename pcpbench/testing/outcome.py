"""Decides how a check of the conformance kit says what it found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


class ConformanceError(AssertionError):
    """A plugin breaks a rule; the text says which, where, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one check found. ``problem``: None if the plugin passed."""

    check: str
    promise: str
    problem: str | None

    @property
    def passed(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Check:
    """One rule. ``promise``: what holds of a plugin that passes; ``run`` raises
    ConformanceError for one that does not."""

    name: str
    promise: str
    run: Callable[[Any], None]

    def __call__(self, plugin: Any) -> None:
        self.run(plugin)

    def __str__(self) -> str:
        return self.name

    def outcome(self, plugin: Any) -> Outcome:
        problem = None
        try:
            self.run(plugin)
        except ConformanceError as error:
            problem = str(error)
        return Outcome(check=self.name, promise=self.promise, problem=problem)


def require(holds: bool, problem: str) -> None:
    """Raises ConformanceError with the problem unless it holds."""
    if not holds:
        raise ConformanceError(problem)
