"""Says what a plugin may add to reports: forms of the whole, and sections that every form shows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user wants of a report's form; each form heeds what concerns it.

    ``width``: columns of a terminal. ``colour``: with ANSI colours. ``timings``: with wall times,
    host and date, which differ from run to run; without them equal runs give equal bytes.
    """

    width: int = 80
    colour: bool = False
    timings: bool = False


Render = Callable[[Any, Wishes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFormat:
    """A form of report, for `pcpbench report --format NAME`.

    ``name``: one word. ``summary``: one line. ``render``: makes the text from a
    ``pcpbench.report.Report``; a function, or ``module:function`` to have it imported when it is
    asked for. ``measurements``: whether it needs the counters and histograms of the cells.
    ``histograms``: names of the histograms it needs, given how many settings the run has (those of
    single CPUs are put together as ``cpu.*.NAME``); None for all, which takes longer to read.
    """

    name: str
    summary: str
    render: Render | str
    measurements: bool = False
    histograms: Callable[[int], Collection[str]] | None = None

    def function(self) -> Render:
        """The function that makes it."""
        if not isinstance(self.render, str):
            return self.render
        module, _, name = self.render.partition(":")
        found: Render = getattr(import_module(module), name)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSection:
    """A part that every written form of a report shows, and JSON under ``sections``.

    ``name``: one word. ``summary``: one line. ``build``: what stands in it, a
    ``pcpbench.report.Section``, from a ``pcpbench.report.Report``; None if it has nothing to say.
    ``of_values``: whether it is left out when no cell of the run has a result.
    """

    name: str
    summary: str
    build: Callable[[Any, Wishes], Any]
    of_values: bool = True
