"""Decides how wide and how colourful a report is, and which verdicts change the exit code."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.errors import (
    CHOOSE,
    CellFailed,
    InputError,
    StillInconclusive,
    unwritable,
    worst_exit_code,
)

if TYPE_CHECKING:
    from pcpbench.plugin.reports import ReportFormat
    from pcpbench.report import Report

PAPER_COLUMNS = 80  # where the output is no terminal


def show_report(report: Report, *, form: ReportFormat | str, timings: bool) -> None:
    """Prints the report on stdout. ``form``: a name means one of ``pcpbench.report.FORMATS``."""
    from pcpbench.report import Wishes, render

    wishes = Wishes(width=columns(), colour=colourful(), timings=timings)
    print(render(report, form, wishes).rstrip("\n"))


def write_report(report: Report, path: Path, *, form: ReportFormat | str, timings: bool) -> None:
    """Writes the report to a file, whole or not at all. Raises InputError for the run file
    itself, EnvironmentFailed if it cannot be written."""
    from pcpbench.report import Wishes, render

    if report.path is not None and path.exists() and path.samefile(report.path):
        raise InputError.one("this is the run file itself", str(path), "choose another --output")
    text = render(report, form, Wishes(width=PAPER_COLUMNS, timings=timings))
    beside = path.with_name(f"{path.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise unwritable(path, error, CHOOSE) from error


def exit_code_for(report: Report, *, strict: bool) -> int:
    """0, or what failed cells and, if ``strict``, inconclusive primary comparisons ask for."""
    undecided = [c for c in report.comparisons if c.primary and c.verdict == "inconclusive"]
    codes = [CellFailed.exit_code] if report.failed or report.beside_failed else []
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
