"""Registers the built-in forms and sections of reports through the hooks that third parties use."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.reports import ReportFormat, ReportSection
from pcpbench.report.formats import BUILT_IN
from pcpbench.report.sections import SECTIONS


@hookimpl
def pcpbench_report_formats() -> Sequence[ReportFormat]:
    """The forms that come with pcpbench."""
    return BUILT_IN


@hookimpl
def pcpbench_report_sections() -> Sequence[ReportSection]:
    """The sections that come with pcpbench, in their order."""
    return SECTIONS
