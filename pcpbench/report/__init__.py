"""Decides what a finished run is told as: words and tables for people, JSON for programs."""

from pcpbench.report.as_json import render_json
from pcpbench.report.report import Report, build_report
from pcpbench.report.terminal import render_terminal

__all__ = ["Report", "build_report", "render_json", "render_terminal"]
