"""Decides the rows of the CSV forms: comparisons, or the values of every cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from pcpbench.plugin.reports import Wishes
from pcpbench.report.as_json import FIELDS_OF_A_COMPARISON
from pcpbench.report.assumed import assumed
from pcpbench.report.report import Report


def csv_report(report: Report, wishes: Wishes) -> str:
    """A row for each comparison, with the fields of the JSON form; an empty field is null."""
    paths = _swept(report)
    names = [name for name in FIELDS_OF_A_COMPARISON if name != "sweep"]
    rows = [
        [
            *_at(comparison.sweep, paths),
            *(getattr(comparison, name) for name in names),
            assumed(report.metrics[comparison.metric], comparison),
        ]
        for comparison in (*report.comparisons, *report.other_pairs)
    ]
    return _text([*(f"sweep.{path}" for path in paths), *names, "assumed"], rows)


def csv_cells(report: Report, wishes: Wishes) -> str:
    """A row for each cell, a column for each metric; an empty field is null. ``cell``: by this
    number other commands know it."""
    paths = _swept(report)
    metrics = list(dict.fromkeys(name for r in report.results for name in r.metrics))
    headers = ["cell", "hardware", "kernel", "scenario", "strategy", "seed", "status", "error"]
    counts = ["page_ops", "pages_moved", "simulated_ns", "wall_ns"]
    rows = []
    for number, result in enumerate(report.results, start=1):
        cell = result.cell
        rows.append(
            [
                *_at(cell.sweep, paths),
                *(
                    number,
                    cell.hardware,
                    cell.kernel,
                    cell.scenario,
                    cell.strategy.label,
                    cell.seed,
                ),
                *(result.status, result.error),
                *(result.page_ops, result.pages_moved, result.simulated_ns),
                result.wall_ns if wishes.timings else None,
                *(result.metrics.get(name) for name in metrics),
            ]
        )
    return _text([*(f"sweep.{path}" for path in paths), *headers, *counts, *metrics], rows)


def _swept(report: Report) -> list[str]:
    return list(dict.fromkeys(path for s in report.settings for path, _ in s.sweep))


def _at(sweep: Iterable[tuple[str, Any]], paths: Sequence[str]) -> list[Any]:
    values = dict(sweep)
    return [values.get(path) for path in paths]


def _text(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows([_field(value) for value in row] for row in rows)
    return stream.getvalue()


def _field(value: Any) -> Any:
    # As in JSON, so that every reader knows them; repr keeps every digit of a float.
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "; ".join(map(str, value))
    return repr(value) if isinstance(value, float) else value
