"""Decides what `pcpbench run --dry-run` shows: the cells in groups, and how long they will take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pcpbench.cli.planning import Planned
    from pcpbench.simulator.cell import Cell


def show_plan(planned: Planned, *, wanted: int | None, as_json: bool) -> None:
    """Prints what would be run. ``wanted``: cells at once, see ``workers_for``."""
    from pcpbench.runner import estimate_s, workers_for

    workers = workers_for(planned.cells, wanted)
    groups = _groups(planned.cells)
    took_s = estimate_s([cells[0] for cells in groups.values()], planned.registry)
    total_s = sum(
        each_s * len(cells) for each_s, cells in zip(took_s, groups.values(), strict=True)
    )
    rows = [
        {**_what(cells[0]), "cells": len(cells), "estimated_s": each_s}
        for each_s, cells in zip(took_s, groups.values(), strict=True)
    ]
    show = _show_json if as_json else _show_text
    show(planned, rows, workers, total_s / workers)


def _groups(cells: tuple[Cell, ...]) -> dict[Cell, list[Cell]]:
    """Cells that take alike, in the order of the plan: they differ in nothing but the seed, or in
    what costs stand at an end of their range."""
    from dataclasses import replace

    groups: dict[Cell, list[Cell]] = {}
    for cell in cells:
        # Those that examine the verdicts take alike: one of them stands for all.
        kind = replace(cell, seed=0, cost_ends=(), cost_places=())
        groups.setdefault(kind, []).append(cell)
    return groups


def _what(cell: Cell) -> dict[str, Any]:
    return {
        "hardware": cell.hardware,
        "kernel": cell.kernel,
        "scenario": cell.scenario,
        "strategy": cell.strategy.label,
        "sweep": dict(cell.sweep),
        "study": cell.study,
    }


def _show_json(
    planned: Planned, rows: list[dict[str, Any]], workers: int, estimated_s: float
) -> None:
    import json

    rounded = [{**row, "estimated_s": round(row["estimated_s"], 3)} for row in rows]
    found = {
        "format": "pcpbench-plan/1",
        "name": planned.experiment.name,
        "cells": len(planned.cells),
        "jobs": workers,
        "estimated_s": round(estimated_s, 3),
        "groups": rounded,
    }
    print(json.dumps(found, indent=2))


def _show_text(
    planned: Planned, rows: list[dict[str, Any]], workers: int, estimated_s: float
) -> None:
    from tabulate import tabulate

    from pcpbench.runner import duration

    shown = [
        {
            **row,
            "sweep": ", ".join(f"{path}={value}" for path, value in row["sweep"].items()),
            "estimated_s": duration(row["estimated_s"]),
        }
        for row in rows
    ]
    titles = {"estimated_s": "each takes about"}
    headers = {key: titles.get(key, key) for key in shown[0]} if shown else {}
    print(tabulate(shown, headers=headers))
    count = planned.experiment.cell_count
    beside = len(planned.cells) - count
    at_most = " at most" if planned.experiment.until else ""
    more = f", and {beside} short ones to see whether verdicts are robust" if beside else ""
    print(
        f"\n{count} cells{at_most}{more}; {workers} at once: about {duration(estimated_s)}, "
        "judged from a short piece of each kind"
    )
