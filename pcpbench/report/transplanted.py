"""Decides how a report marks strategies in kernels that never had them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pcpbench.report.report import Report
from pcpbench.report.tables import HARD_SPACE

MARK = "+"
NOTE = (
    f"{MARK} transplanted: never part of this kernel, whose lists and reclaim it works on here as "
    "they are."
)


def is_transplanted(report: Report, kernel: str, label: str) -> bool | None:
    """Whether a strategy never was in this kernel; None if the run file does not say, as those of
    older versions."""
    known = report.header.experiment.get("transplanted")
    name = report.strategy_names.get(label, label)
    if not isinstance(known, Mapping) or name not in known:
        return None
    return kernel in known[name]


def marked(report: Report, kernels: Iterable[str], label: str) -> str:
    """The label, with a mark if the strategy is transplanted in any of the kernels."""
    alien = any(is_transplanted(report, kernel, label) for kernel in kernels)
    return f"{label}{HARD_SPACE}{MARK}" if alien else label


def notes(report: Report, kernels: Iterable[str], labels: Iterable[str]) -> Sequence[str]:
    """What the mark means, if any of the labels has it in any of the kernels."""
    pairs = [(kernel, label) for kernel in kernels for label in labels]
    return [NOTE] if any(is_transplanted(report, *pair) for pair in pairs) else []
