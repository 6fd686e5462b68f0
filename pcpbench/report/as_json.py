"""Decides the report that programs read: pcpbench-report/1, described in docs/report.md."""

from __future__ import annotations

import json
import math
from typing import Any

from pcpbench.plugin.reports import Wishes
from pcpbench.report.assumed import assumed
from pcpbench.report.document import added_sections
from pcpbench.report.report import Report
from pcpbench.report.section import Section
from pcpbench.report.tables import Heading, plain
from pcpbench.report.transplanted import is_transplanted
from pcpbench.simulator.cell import CellResult
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.course import Course
from pcpbench.statistics.reference import ReferenceRow
from pcpbench.statistics.sensitivity import Examined

FORMAT = "pcpbench-report/1"
FIELDS_OF_A_COMPARISON = (
    *("metric", "scale", "hardware", "kernel", "scenario", "sweep", "baseline", "candidate"),
    *("n", "baseline_value", "candidate_value", "estimate", "low", "high", "margin"),
    *("p_difference", "p_equivalence", "primary", "robust", "verdict"),
    *("low_90", "high_90"),
    *("win_rate", "effect_size", "outliers", "two_groups", "replicates_needed", "reasons"),
)


def json_report(report: Report, wishes: Wishes) -> str:
    """The report as JSON text."""
    return render_json(report, timings=wishes.timings)


def render_json(report: Report, *, timings: bool = False) -> str:
    """The report as JSON text; what does not exist is null, never 0 or NaN.

    ``timings``: give wall times, and where and when the run was made, which differ from run to
    run. Without them equal runs give equal bytes. Raises ValueError for a number that is not
    finite.
    """
    document = {
        "format": FORMAT,
        "run": _run(report, timings),
        "cells": [_cell(report, result, timings) for result in report.results],
        "comparisons": [
            _comparison(report, comparison)
            for comparison in (*report.comparisons, *report.other_pairs)
        ],
        "sensitivity": [_examined(one) for one in report.sensitivity],
        "references": [_reference(row) for row in report.references],
        "sections": [
            _section(name, section)
            for name, section in added_sections(report, Wishes(timings=timings))
        ],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _run(report: Report, timings: bool) -> dict[str, Any]:
    header = report.header
    return {
        "name": header.name,
        "path": report.path,
        "question": header.question,
        "provenance": {
            "pcpbench": header.version or None,
            "engine": header.engine,
            "engines": dict(report.engines),
            "sources": [
                {"kind": s.kind, "name": s.name, "origin": s.origin, "sha256": s.digest or None}
                for s in report.sources
            ],
            "plugins": list(header.plugins),
            "baseline": header.baseline,
            "primary": list(header.primary),
            "margins": dict(header.margins),
            "experiment": dict(header.experiment),
            "until": None if report.course is None else _until(report.course),
            "environment": dict(header.environment) if timings else None,
        },
    }


def _until(course: Course) -> dict[str, Any]:
    return {
        "ci_width": course.until.ci_width,
        "replicates": course.replicates,
        "done": course.done,
        "narrow": course.narrow,
        "looks": [
            {
                "replicates": look.replicates,
                "relative_width": look.relative_width if _finite(look.relative_width) else None,
            }
            for look in course.looks
        ],
    }


def _finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def _cell(report: Report, result: CellResult, timings: bool) -> dict[str, Any]:
    cell = result.cell
    return {
        "hardware": cell.hardware,
        "kernel": cell.kernel,
        "scenario": cell.scenario,
        "strategy": cell.strategy.label,
        "sweep": dict(cell.sweep),
        "seed": cell.seed,
        "status": result.status,
        "error": result.error,
        "page_ops": result.page_ops,
        "pages_moved": result.pages_moved,
        "simulated_ns": result.simulated_ns,
        "wall_ns": result.wall_ns if timings else None,
        "metrics": dict(result.metrics),
        "transplanted": is_transplanted(report, cell.kernel, cell.strategy.label),
    }


def _comparison(report: Report, comparison: Comparison) -> dict[str, Any]:
    found = {name: getattr(comparison, name) for name in FIELDS_OF_A_COMPARISON}
    alien = {
        f"{arm}_transplanted": is_transplanted(report, comparison.kernel, found[arm])
        for arm in ("baseline", "candidate")
    }
    metric = report.metrics[comparison.metric]
    through = {"assumed": assumed(metric, comparison)}
    return {**found, "sweep": dict(comparison.sweep), **alien, **through}


def _examined(one: Examined) -> dict[str, Any]:
    c = one.comparison
    names = ("metric", "hardware", "kernel", "scenario", "baseline", "candidate", "verdict")
    return {
        **{name: getattr(c, name) for name in names},
        "sweep": dict(c.sweep),
        "draws": one.draws,
        "turned": one.turned,
        "numbers": [
            {"number": i.number, "turns_at": i.turns_at, "correlation": i.correlation, "p": i.p}
            for i in one.numbers
        ],
    }


def _reference(row: ReferenceRow) -> dict[str, Any]:
    setting, published = row.setting, row.reference
    return {
        "name": published.name,
        "source": published.source,
        "metric": published.metric,
        "against": published.against,
        "hardware": None if setting is None else setting.hardware,
        "kernel": None if setting is None else setting.kernel,
        "scenario": None if setting is None else setting.scenario,
        "sweep": {} if setting is None else dict(setting.sweep),
        "strategy": row.strategy,
        "published": [published.low, published.high],
        "accepted": list(row.accepted),
        "measured": row.measured,
        "low": row.low,
        "high": row.high,
        "n": row.n,
        "outcome": row.outcome,
        "why": row.why or None,
    }


def _section(name: str, section: Section) -> dict[str, Any]:
    """What a plugin adds. A row is a list of texts, or one text that heads those below it."""
    return {
        "name": name,
        "title": section.title,
        "text": section.text,
        "items": list(section.items),
        "tables": [
            {
                "caption": table.caption,
                "headers": list(table.headers),
                "rows": [
                    plain(row.text) if isinstance(row, Heading) else [plain(text) for text in row]
                    for row in table.rows
                ],
            }
            for table in section.tables
        ],
    }
