"""Decides how two runs are told beside each other: which changed, how surely, and the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import change_text, margin_text, p_text, value_text
from pcpbench.report.tables import HARD_SPACE, fitted_table, paragraph
from pcpbench.report.words import listed, plural, verdict_word
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.gate import Gate
from pcpbench.statistics.judge import SAME_DIFFERENCE
from pcpbench.store.run_header import RunHeader

FORMAT = "pcpbench-compare/1"
DIFFERS = ("better", "worse", "differs")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBeside:
    """One of the two runs. ``missing``: planned cells without a result."""

    path: str
    header: RunHeader
    missing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """Two runs beside each other. ``comparisons``: of all strategies and settings that both have,
    the old run's cells as baseline. ``gate``: None where none was asked for."""

    old: RunBeside
    new: RunBeside
    comparisons: tuple[Comparison, ...]
    metrics: Mapping[str, Metric]
    gate: Gate | None = None

    @property
    def failed(self) -> int:
        """Pairs or cells that were dropped because a cell failed."""
        arms = {_arm(c): c.n_failed for c in self.comparisons}
        return sum(arms.values())


def render_across_json(across: Across) -> str:
    """The comparison as JSON text; what does not exist is null."""
    document = {
        "format": FORMAT,
        "runs": {"a": _run(across.old), "b": _run(across.new)},
        "comparisons": [_comparison(c) for c in across.comparisons],
        "gate": None if across.gate is None else _gate(across.gate),
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _run(run: RunBeside) -> dict[str, Any]:
    return {
        "name": run.header.name,
        "path": run.path,
        "engine": run.header.engine,
        "missing_cells": run.missing,
    }


def _comparison(c: Comparison) -> dict[str, Any]:
    return {"strategy": c.candidate.removesuffix(" (B)"), **asdict(c), "sweep": dict(c.sweep)}


def _gate(gate: Gate) -> dict[str, Any]:
    return {
        "verdict": gate.verdict,
        "rows": [
            {
                "metric": row.comparison.metric,
                "strategy": row.comparison.candidate.removesuffix(" (B)"),
                "hardware": row.comparison.hardware,
                "kernel": row.comparison.kernel,
                "scenario": row.comparison.scenario,
                "sweep": dict(row.comparison.sweep),
                "tolerance": row.comparison.margin,
                "outcome": row.outcome,
                "why": row.why,
            }
            for row in gate.rows
        ],
    }


def render_across(across: Across, *, width: int = 80) -> str:
    """The comparison as text no wider than ``width`` columns."""
    blocks = [
        paragraph(f"B, {_told(across.new)}, instead of A, {_told(across.old)}:", width=width),
        *_matching(across, width),
    ]
    if across.gate is not None:
        blocks += [_gate_table(across, across.gate, width)]
    blocks += _tables(across, width)
    return "\n\n".join(blocks) + "\n"


def _told(run: RunBeside) -> str:
    return f"{run.path} (engine {run.header.engine})"


def _matching(across: Across, width: int) -> list[str]:
    """How the cells of both runs belong together, arm by arm."""
    arms = {_arm(c): c for c in across.comparisons}
    paired = [arm for arm, c in arms.items() if c.paired]
    total = plural(len(arms), "arm") + " (a strategy in a setting)"
    lines = [f"- compared seed by seed: {len(paired)} of {total}"]
    notes: dict[str, list[str]] = {}
    for arm, c in arms.items():
        for note in c.reasons:
            if note.startswith(("unpaired", "the strategy differs")):
                notes.setdefault(note, []).append(arm)
    for note, where in notes.items():
        welch = ", so arms are compared as wholes (Welch)" if note.startswith("unpaired") else ""
        places = "everywhere" if len(where) == len(arms) else listed(where)
        lines.append(f"- {note}{welch} ({places})")
    if across.old.header.engine == across.new.header.engine:
        lines.append("- both runs were made by the same engine")
    known = [c for c in across.comparisons if c.estimate is not None or c.n_failed]
    if known and all(
        c.paired and c.estimate == 0 and c.low is None and not c.n_failed for c in known
    ):
        lines.append("- nothing differs: all values are equal, pair by pair")
    return ["\n".join(paragraph(line, width=width, indent="  ") for line in lines)]


def _arm(c: Comparison) -> str:
    parts = [c.hardware, c.kernel, c.scenario, *(f"{path}={value}" for path, value in c.sweep)]
    return f"{c.candidate.removesuffix(' (B)')} ({' '.join(parts)})"


def _gate_table(across: Across, gate: Gate, width: int) -> str:
    counts = {
        word: sum(row.outcome == word for row in gate.rows)
        for word in ("pass", "fail", "undecided")
    }
    told = listed([f"{count} {word}" for word, count in counts.items() if count])
    rows = [
        [
            _arm(row.comparison),
            row.comparison.metric,
            margin_text(row.comparison.margin, across.metrics[row.comparison.metric]),
            f"{row.outcome}: {row.why}",
        ]
        for row in sorted(gate.rows, key=lambda row: row.outcome == "pass")
    ]
    table = fitted_table(["where", "metric", "tolerance", "outcome"], rows, width=width)
    return f"Gate: {gate.verdict} ({told})\n\n{table}"


def _tables(across: Across, width: int) -> list[str]:
    """Arm by arm: primary comparisons, and of the others those that differ."""
    shown = [c for c in across.comparisons if c.primary or verdict_word(c) in DIFFERS]
    headers = ["metric", "A", "B", "change, 95 %", "adj. p", "verdict"]
    blocks = []
    for arm in dict.fromkeys(map(_arm, shown)):
        rows = [_row(across.metrics[c.metric], c) for c in shown if _arm(c) == arm]
        table = fitted_table(headers, rows, width=width, right=(1, 2))
        blocks.append(f"{paragraph(arm, width=width)}\n\n{table}")
    left_out = len(across.comparisons) - len(shown)
    note = f"{plural(left_out, 'other comparison')} without a sure difference not shown; "
    note += "p adjusted by Holm over primary metrics (*), by Benjamini-Hochberg over the others."
    return [*blocks, *_notes(shown, width), paragraph(note, width=width)]


def _notes(shown: Sequence[Comparison], width: int) -> list[str]:
    """What else must be known of primary comparisons."""
    lines: dict[str, None] = {}
    for c in shown:
        if c.primary:
            known = ("unpaired", "the strategy differs", SAME_DIFFERENCE)
            told = [reason for reason in c.reasons if not reason.startswith(known)]
            lines |= dict.fromkeys(f"- {c.metric}, {_arm(c)}: {reason}" for reason in told)
    text = "\n".join(paragraph(line, width=width, indent="  ") for line in lines)
    return [text] if text else []


def _row(metric: Metric, c: Comparison) -> Sequence[str]:
    p = c.p_equivalence if c.verdict == "equivalent" else c.p_difference
    return [
        f"{c.metric} *" if c.primary else c.metric,
        value_text(c.baseline_value, metric.unit),
        value_text(c.candidate_value, metric.unit),
        change_text(c, metric).replace(", ", f",{HARD_SPACE}"),
        p_text(p),
        verdict_word(c),
    ]
