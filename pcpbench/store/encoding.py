"""Decides how cells and results are written as text and bytes, and how they are read back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pcpbench.metrics.histogram import Histogram
from pcpbench.simulator.cell import (
    Cell,
    CellResult,
    Machine,
    Pairs,
    StrategyChoice,
    WorkloadChoice,
    as_json,
)
from pcpbench.store.canonical import canonical_json
from pcpbench.store.measurements import measurements_from_bytes, measurements_to_bytes


def cell_to_text(cell: Cell) -> str:
    """The cell as canonical JSON; ``cell_from_text`` reads it back."""
    return canonical_json(as_json(cell))


def cell_digest(cell_text: str) -> str:
    """A name for a cell: the SHA-256 of its canonical JSON, as hexadecimal digits."""
    return hashlib.sha256(cell_text.encode()).hexdigest()


def cell_from_text(text: str) -> Cell:
    """The cell that ``cell_to_text`` wrote; KeyError, TypeError or ValueError if it is not one."""
    value = json.loads(text)
    machine = {**value["machine"], "isolated": tuple(value["machine"]["isolated"])}
    strategy = {**value["strategy"], "parameters": _pairs(value["strategy"]["parameters"])}
    workloads = tuple(
        WorkloadChoice(
            kind=workload["kind"],
            cpus=tuple(workload["cpus"]),
            parameters=_pairs(workload["parameters"]),
        )
        for workload in value["workloads"]
    )
    structured = {
        "machine": Machine(**machine),
        "strategy": StrategyChoice(**strategy),
        "workloads": workloads,
        "sweep": _pairs(value["sweep"]),
        "cost_ends": _pairs(value.get("cost_ends", [])),
        "cost_places": _pairs(value.get("cost_places", [])),
    }
    return Cell(**{**value, **structured})


def _pairs(value: list[list[Any]]) -> Pairs:
    return tuple((name, _frozen(item)) for name, item in value)


def _frozen(value: Any) -> Any:
    """Lists, which JSON has in place of tuples, as tuples again."""
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def result_to_row(result: CellResult) -> dict[str, Any]:
    """The columns of a result's row. Raises ValueError for a value that is not finite."""
    return {
        "status": result.status,
        "error": result.error,
        "metrics": _text("metrics", result.metrics),
        "null_reasons": canonical_json(dict(result.null_reasons)),
        "page_ops": result.page_ops,
        "pages_moved": result.pages_moved,
        "simulated_ns": result.simulated_ns,
        "measurements": measurements_to_bytes(result.counters, result.histograms),
        "wall_ns": result.wall_ns,
    }


def result_from_row(cell: Cell, row: Mapping[str, Any], *, measurements: bool) -> CellResult:
    """The result of a row; without ``measurements`` its counters and histograms stay empty."""
    counters: dict[str, int] = {}
    histograms: dict[str, Histogram] = {}
    if measurements:
        found = measurements_from_bytes(row["measurements"])
        counters = found.counters
        histograms = {name: h.unpacked() for name, h in found.histograms.items()}
    return CellResult(
        cell=cell,
        status=row["status"],
        error=row["error"],
        metrics=json.loads(row["metrics"], parse_constant=_not_finite),
        null_reasons=json.loads(row["null_reasons"]),
        counters=counters,
        histograms=histograms,
        page_ops=row["page_ops"],
        pages_moved=row["pages_moved"],
        simulated_ns=row["simulated_ns"],
        wall_ns=row["wall_ns"],
    )


def _not_finite(constant: str) -> float:
    raise ValueError(f"{constant} among its metrics")


def _text(column: str, values: Mapping[str, float | int | None]) -> str:
    try:
        return canonical_json(dict(values))
    except ValueError:
        wrong = sorted(name for name, v in values.items() if v is not None and v - v != 0)
        raise ValueError(f"{column} that are not finite: {', '.join(wrong)}") from None
