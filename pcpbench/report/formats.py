"""Decides which forms a report has, and where each is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from pcpbench.report.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user wants of a report's form; each form heeds what concerns it.

    ``width``: columns of a terminal. ``colour``: with ANSI colours. ``timings``: with wall times,
    host and date, which differ from run to run; without them equal runs give equal bytes.
    """

    width: int = 80
    colour: bool = False
    timings: bool = False


Render = Callable[[Report, Wishes], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A form of report. ``render``: its function, as ``module:function``, imported when it is
    asked for. ``measurements``: whether it needs counters and histograms of the cells."""

    summary: str
    render: str
    measurements: bool = False

    def function(self) -> Render:
        """The function that makes it."""
        module, _, name = self.render.partition(":")
        found: Render = getattr(import_module(module), name)
        return found


FORMATS = {
    "terminal": Format(
        summary="text for a terminal", render="pcpbench.report.terminal:terminal_report"
    ),
    "lkml": Format(
        summary="plain text of 72 columns for a cover letter",
        render="pcpbench.report.lkml:lkml_report",
    ),
    "markdown": Format(summary="Markdown", render="pcpbench.report.markdown:markdown_report"),
    "json": Format(summary="JSON for programs", render="pcpbench.report.as_json:json_report"),
    "csv": Format(summary="comparisons as CSV", render="pcpbench.report.as_csv:csv_report"),
    "csv-cells": Format(
        summary="the metrics of every cell as CSV", render="pcpbench.report.as_csv:csv_cells"
    ),
    "junit": Format(summary="JUnit XML for gates", render="pcpbench.report.junit:junit_report"),
    "html": Format(
        summary="one file for a browser",
        render="pcpbench.report.html.page:html_report",
        measurements=True,
    ),
}


def render(report: Report, form: str, wishes: Wishes) -> str:
    """The report in one of ``FORMATS``. Raises KeyError for another form."""
    return FORMATS[form].function()(report, wishes)
