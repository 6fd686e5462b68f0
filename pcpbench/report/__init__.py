"""Decides what a finished run is told as: words and tables for people, JSON for programs."""

from pcpbench.report.as_json import render_json
from pcpbench.report.formats import FORMATS, Wishes, render
from pcpbench.report.report import Report, build_report, report_of
from pcpbench.report.terminal import render_terminal

__all__ = [
    "FORMATS",
    "Report",
    "Wishes",
    "build_report",
    "render",
    "render_json",
    "render_terminal",
    "report_of",
]
