"""Decides what a run file keeps of the data and declarations that its numbers rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pcpbench.metrics.metric import Metric, Missing, Number
from pcpbench.metrics.raw import RawMeasurements

METRIC_COLUMNS = (
    *("name", "title", "unit", "better", "scale", "margin"),
    *("help", "source", "raw", "assumed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something that a run was made from.

    ``kind``: "hardware", "kernel" or "plugin". ``origin``: "built-in", a package with its
    version, or what the user named. ``digest``: SHA-256 of the content in hexadecimal digits; ""
    where only the version is known. ``content``: of a profile or preset, its YAML; else "".
    """

    kind: str
    name: str
    origin: str
    digest: str
    content: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a run was made from, and the declarations of its metrics, in the order of reports."""

    sources: tuple[Source, ...] = ()
    metrics: Mapping[str, Metric] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command that simulated cells of a run. ``environment``: as in the header."""

    engine: str
    environment: Mapping[str, str]


def digest_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def metric_rows(metrics: Iterable[Any]) -> list[tuple[Any, ...]]:
    """The rows of the table of metrics; what a plugin declares in its own way has none."""
    declared = [metric for metric in metrics if isinstance(metric, Metric)]
    return [
        (position, *(getattr(metric, column) for column in METRIC_COLUMNS))
        for position, metric in enumerate(declared)
    ]


def metric_of_row(row: Mapping[str, Any]) -> Metric:
    """The declaration in a row; it can judge and show values, and measures none itself.

    Raises ValueError for a declaration that cannot be."""
    return Metric(**{column: row[column] for column in METRIC_COLUMNS}, of=_measured_already)


def _measured_already(raw: RawMeasurements) -> Number | Missing:
    return Missing("this declaration comes from a run file, which keeps values, not functions")
