"""Decides how wide and how colourful a report is, and which verdicts change the exit code."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from pcpbench.errors import CellFailed, StillInconclusive, worst_exit_code

if TYPE_CHECKING:
    from pcpbench.report import Report

PAPER_COLUMNS = 100  # where the output is no terminal


def show_report(report: Report, *, as_json: bool, timings: bool) -> None:
    """Prints the report on stdout."""
    from pcpbench.report import render_json, render_terminal

    if as_json:
        text = render_json(report, timings=timings)
    else:
        text = render_terminal(report, width=columns(), colour=colourful())
    print(text.rstrip("\n"))


def exit_code_for(report: Report, *, strict: bool) -> int:
    """0, or what failed cells and, if ``strict``, inconclusive primary comparisons ask for."""
    undecided = [c for c in report.comparisons if c.primary and c.verdict == "inconclusive"]
    codes = [CellFailed.exit_code] if report.failed else []
    codes += [StillInconclusive.exit_code] if strict and undecided else []
    return worst_exit_code(codes)


def columns() -> int:
    """Columns of the terminal; a fixed number where there is none."""
    if not sys.stdout.isatty():
        return PAPER_COLUMNS
    return shutil.get_terminal_size((PAPER_COLUMNS, 24)).columns


def colourful() -> bool:
    """Whether to use colour: on a terminal that can, unless NO_COLOR is set (no-color.org)."""
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()
