"""Decides how a gate looks to programs that read JUnit XML: a test for each gated comparison."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import change_text, margin_text
from pcpbench.statistics.gate import Gate, GateRow

# XML 1.0 has no way to write these, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
TAGS = {"fail": "failure", "undecided": "skipped"}


def gate_junit(gate: Gate, metrics: Mapping[str, Metric], *, name: str) -> str:
    """The gate as XML text. What fails is a failure, what is undecided is skipped."""
    suite = ElementTree.Element("testsuite", name=_clean(name), tests=str(len(gate.rows)))
    suite.set("failures", str(sum(row.outcome == "fail" for row in gate.rows)))
    suite.set("errors", "0")
    suite.set("skipped", str(sum(row.outcome == "undecided" for row in gate.rows)))
    for row in gate.rows:
        _test(suite, row, metrics[row.comparison.metric])
    ElementTree.indent(suite)
    text: str = ElementTree.tostring(suite, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _test(suite: ElementTree.Element, row: GateRow, metric: Metric) -> None:
    c = row.comparison
    sweep = [f"{path}={value}" for path, value in c.sweep]
    where = " ".join([c.candidate.removesuffix(" (B)"), c.hardware, c.kernel, c.scenario, *sweep])
    test = ElementTree.SubElement(suite, "testcase", classname=_clean(c.metric), name=_clean(where))
    told = f"{row.why}: {change_text(c, metric)}, tolerance {margin_text(c.margin, metric)}"
    if row.outcome in TAGS:
        ElementTree.SubElement(test, TAGS[row.outcome], message=_clean(told))
    else:
        ElementTree.SubElement(test, "system-out").text = _clean(told)


def _clean(text: str) -> str:
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
