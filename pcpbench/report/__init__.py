"""Decides what a finished run is told as: words and tables for people, JSON for programs."""

from pcpbench.plugin.reports import Wishes
from pcpbench.report.as_json import render_json
from pcpbench.report.formats import FORMATS, format_named, render
from pcpbench.report.report import Report, build_report, report_of
from pcpbench.report.section import Section
from pcpbench.report.tables import Heading, Table
from pcpbench.report.terminal import render_terminal

__all__ = [
    "FORMATS",
    "Heading",
    "Report",
    "Section",
    "Table",
    "Wishes",
    "build_report",
    "format_named",
    "render",
    "render_json",
    "render_terminal",
    "report_of",
]
