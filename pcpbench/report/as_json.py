"""Decides the report that programs read: pcpbench-report/1, described in docs/report.md."""

from __future__ import annotations

import json
from typing import Any

from pcpbench.report.report import Report
from pcpbench.simulator.cell import CellResult
from pcpbench.statistics.comparison import Comparison

FORMAT = "pcpbench-report/1"


def render_json(report: Report, *, timings: bool = False) -> str:
    """The report as JSON text; what does not exist is null, never 0 or NaN.

    ``timings``: give wall times, and where and when the run was made, which differ from run to
    run. Without them equal runs give equal bytes. Raises ValueError for a number that is not
    finite.
    """
    document = {
        "format": FORMAT,
        "run": _run(report, timings),
        "cells": [_cell(result, timings) for result in report.results],
        "comparisons": [_comparison(comparison) for comparison in report.comparisons],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _run(report: Report, timings: bool) -> dict[str, Any]:
    header = report.header
    return {
        "name": header.name,
        "path": report.path,
        "question": header.question,
        "provenance": {
            "engine": header.engine,
            "plugins": list(header.plugins),
            "baseline": header.baseline,
            "primary": list(header.primary),
            "margins": dict(header.margins),
            "experiment": dict(header.experiment),
            "environment": dict(header.environment) if timings else None,
        },
    }


def _cell(result: CellResult, timings: bool) -> dict[str, Any]:
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
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    c = comparison
    return {
        "metric": c.metric,
        "scale": c.scale,
        "hardware": c.hardware,
        "kernel": c.kernel,
        "scenario": c.scenario,
        "sweep": dict(c.sweep),
        "baseline": c.baseline,
        "candidate": c.candidate,
        "n": c.n,
        "baseline_value": c.baseline_value,
        "candidate_value": c.candidate_value,
        "estimate": c.estimate,
        "low": c.low,
        "high": c.high,
        "margin": c.margin,
        "p_difference": c.p_difference,
        "p_equivalence": c.p_equivalence,
        "primary": c.primary,
        "robust": c.robust,
        "verdict": c.verdict,
    }
