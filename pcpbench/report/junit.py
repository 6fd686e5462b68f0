"""Decides how a report looks to programs that read JUnit XML: a test for each comparison."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from pcpbench.plugin.reports import Wishes
from pcpbench.report.numbers import change_text, margin_text, p_text
from pcpbench.report.report import Report
from pcpbench.report.verdicts import decisive_p
from pcpbench.report.words import verdict_word
from pcpbench.simulator.cell import CellResult
from pcpbench.statistics.comparison import Comparison

# XML 1.0 has no way to write these, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(report: Report, wishes: Wishes) -> str:
    """Primary comparisons and cells as tests: what is worse fails, what is not decided is
    skipped, a failed cell is an error. The time of a cell is given with ``timings`` only."""
    primary = [c for c in report.comparisons if c.primary]
    suites = ElementTree.Element("testsuites", name=_clean(report.header.name))
    comparisons = ElementTree.SubElement(suites, "testsuite", name="comparisons")
    for comparison in primary:
        _comparison(comparisons, report, comparison)
    cells = ElementTree.SubElement(suites, "testsuite", name="cells")
    for result in report.results:
        _cell(cells, report, result, wishes)
    for suite in (comparisons, cells):
        _count(suite)
    _count(suites)
    ElementTree.indent(suites)
    text: str = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _comparison(suite: ElementTree.Element, report: Report, c: Comparison) -> None:
    where = f"{report.setting_name(c.setting)}, {c.candidate} instead of {c.baseline}"
    test = ElementTree.SubElement(suite, "testcase", classname=_clean(c.metric), name=_clean(where))
    metric = report.metrics[c.metric]
    word = verdict_word(c)
    told = f"{word}: {change_text(c, metric)}, margin {margin_text(c.margin, metric)}"
    p = decisive_p(c)
    told += "" if p == p_text(None) else f", adjusted p {p}"
    told += "".join(f"; {reason}" for reason in c.reasons)
    if word == "worse":
        ElementTree.SubElement(test, "failure", message=_clean(told), type="worse")
    elif word not in ("better", "equivalent"):
        ElementTree.SubElement(test, "skipped", message=_clean(told))
    else:
        ElementTree.SubElement(test, "system-out").text = _clean(told)


def _cell(suite: ElementTree.Element, report: Report, result: CellResult, wishes: Wishes) -> None:
    cell = result.cell
    parts = [cell.hardware, cell.kernel, cell.scenario, *(f"{k}={v}" for k, v in cell.sweep)]
    name = f"{cell.strategy.label}, seed {cell.seed}"
    test = ElementTree.SubElement(
        suite, "testcase", classname=_clean(" ".join(parts)), name=_clean(name)
    )
    if wishes.timings and result.wall_ns is not None:
        test.set("time", f"{result.wall_ns / 1e9:.6f}")
    if result.status != "ok":
        message = _clean(result.error or "no reason was given")
        ElementTree.SubElement(test, "error", message=message, type="failed cell")


def _count(suite: ElementTree.Element) -> None:
    """Writes the counts that readers expect, of all tests below."""
    for name, tag in (
        ("tests", "testcase"),
        ("failures", "failure"),
        ("errors", "error"),
        ("skipped", "skipped"),
    ):
        suite.set(name, str(len(list(suite.iter(tag)))))


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
