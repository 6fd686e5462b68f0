"""Decides which forms a report has, and what a form that fails costs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout

from pcpbench.errors import InputError, suggestion
from pcpbench.plugin.blame import raised
from pcpbench.plugin.reports import ReportFormat, Wishes
from pcpbench.report.distributions import drawn
from pcpbench.report.report import Report

BUILT_IN = (
    ReportFormat(
        name="terminal",
        summary="text for a terminal",
        render="pcpbench.report.terminal:terminal_report",
    ),
    ReportFormat(
        name="lkml",
        summary="plain text of 72 columns for a cover letter",
        render="pcpbench.report.lkml:lkml_report",
    ),
    ReportFormat(
        name="markdown", summary="Markdown", render="pcpbench.report.markdown:markdown_report"
    ),
    ReportFormat(
        name="json", summary="JSON for programs", render="pcpbench.report.as_json:json_report"
    ),
    ReportFormat(
        name="csv", summary="comparisons as CSV", render="pcpbench.report.as_csv:csv_report"
    ),
    ReportFormat(
        name="csv-cells",
        summary="the metrics of every cell as CSV",
        render="pcpbench.report.as_csv:csv_cells",
    ),
    ReportFormat(
        name="junit", summary="JUnit XML for gates", render="pcpbench.report.junit:junit_report"
    ),
    ReportFormat(
        name="html",
        summary="one file for a browser",
        render="pcpbench.report.html.page:html_report",
        measurements=True,
        histograms=drawn,
    ),
)
FORMATS: Mapping[str, ReportFormat] = {form.name: form for form in BUILT_IN}


def format_named(name: str, formats: Mapping[str, ReportFormat]) -> ReportFormat:
    """The form of that name. Raises InputError that names one like it."""
    if name not in formats:
        known = ", ".join(formats)
        thing = f"no form of report is called '{name}'{suggestion(name, formats)}"
        raise InputError.one(thing, "--format", f"there are {known}")
    return formats[name]


def render(report: Report, form: ReportFormat | str, wishes: Wishes) -> str:
    """The report in a form, one of ``FORMATS`` if it is a name. Raises InputError if a form that
    does not come with pcpbench fails, KeyError for a name that is not there."""
    chosen = FORMATS[form] if isinstance(form, str) else form
    if FORMATS.get(chosen.name) == chosen:
        return chosen.function()(report, wishes)
    remedy = "mend the plugin, or choose another --format"
    try:
        with redirect_stdout(sys.stderr):
            text: object = chosen.function()(report, wishes)
    except Exception as error:
        what = raised(error, caller=(__file__,))
        raise InputError.one(f"report format '{chosen.name}' {what}", None, remedy) from error
    if not isinstance(text, str):
        what = f"gave {type(text).__name__} and no text"
        raise InputError.one(f"report format '{chosen.name}' {what}", None, remedy)
    return text
