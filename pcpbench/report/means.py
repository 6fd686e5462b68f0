"""Decides which metrics a reader sees of every strategy, and tables their means."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import value_text
from pcpbench.report.report import Report
from pcpbench.report.tables import INDENT, Heading, Table
from pcpbench.report.tables import Row as TableRow
from pcpbench.report.transplanted import marked, notes
from pcpbench.statistics.pairing import Setting

Row = tuple[str, str]
INTERRUPTIONS = "isolated.interruptions"
SECTIONS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    (
        "Worst isolated CPU",
        (
            ("noise", "isolated.noise_ns_per_s"),
            ("noise per drain", "isolated.noise_ns_per_drain"),
            ("longest single noise", "isolated.max_single_noise_ns"),
            ("CPU available", "isolated.cpu_available"),
            ("interruptions", INTERRUPTIONS),
            *((f"by cause {c}", f"{INTERRUPTIONS}.by_cause.{c}") for c in ("drain", "vmstat")),
            *((f"by cause {c}", f"{INTERRUPTIONS}.by_cause.{c}") for c in ("lru", "other")),
            *((f"through {m}", f"{INTERRUPTIONS}.by_mechanism.{m}") for m in ("ipi", "kworker")),
            *((f"through {m}", f"{INTERRUPTIONS}.by_mechanism.{m}") for m in ("tick", "rcu")),
            ("through lock", f"{INTERRUPTIONS}.by_mechanism.lock"),
            ("refills after drain", "isolated.refills_after_drain"),
            ("alloc latency p99", "isolated.alloc_latency_ns.p99"),
        ),
    ),
    (
        "Drains",
        (
            *((what, f"drain.{what}") for what in ("asked", "joined", "skipped", "completed")),
            ("unfinished", "drain.unfinished"),
            *((f"latency {q}", f"drain.latency_ns.{q}") for q in ("mean", "p50", "p99", "max")),
            ("pages drained", "drain.pages"),
            ("IPIs", "drain.ipis"),
            ("context switches", "drain.context_switches"),
            ("grace periods", "drain.grace_periods"),
        ),
    ),
    (
        "Everybody",
        (
            ("alloc fast path", "alloc.fast_path_ns"),
            *((f"alloc latency {q}", f"alloc.latency_ns.{q}") for q in ("mean", "p50", "p99")),
            *((f"alloc latency {q}", f"alloc.latency_ns.{q}") for q in ("p99.9", "max")),
            *((f"free latency {q}", f"free.latency_ns.{q}") for q in ("p50", "p99")),
            ("page calls", "throughput_calls_per_s"),
            ("pages moved", "throughput_pages_per_s"),
            *((f"zone lock wait {q}", f"zone_lock.wait_ns.{q}") for q in ("mean", "p99")),
            *((f"zone lock hold {q}", f"zone_lock.hold_ns.{q}") for q in ("mean", "p99")),
        ),
    ),
    (
        "Progress and memory",
        (
            ("retries after reclaim", "reclaim.retries"),
            ("direct reclaim", "reclaim.direct_pages"),
            ("failed allocations", "alloc.failures"),
            ("memory added", "memory.strategy_bytes"),
            ("parked pages, mean", "memory.parked_pages.mean"),
            ("parked pages, max", "memory.parked_pages.max"),
            ("limbo pages, max", "memory.limbo_pages.max"),
        ),
    ),
)
KNOWN = (
    "alloc.",
    "drain.",
    "free.",
    "isolated.",
    "memory.",
    "reclaim.",
    "throughput_",
    "zone_lock.",
)


def means_table(report: Report, setting: Setting) -> Table:
    """The means of every strategy in one setting."""
    labels = report.strategies
    means = {label: means_of(report, setting, label) for label in labels}
    rows: list[TableRow] = []
    for title, entries in _sections(report):
        found = [
            [INDENT * 2 + _marked(words, report.metrics.get(name)), *_cells(report, means, name)]
            for words, name in entries
            if any(values.get(name) is not None for values in means.values())
        ]
        if found:
            blank = [["" for _ in ("", *labels)]] if rows else []
            rows += [*blank, Heading(f"{title}:"), *found]
    return Table(
        caption=report.setting_name(setting),
        headers=[
            "mean over replicates",
            *(marked(report, [setting.kernel], label) for label in labels),
        ],
        rows=rows,
        right=range(1, len(labels) + 1),
        splits=True,
        notes=notes(report, [setting.kernel], labels),
        empty="No cell of this setting ended well.",
    )


def _sections(report: Report) -> list[tuple[str, Sequence[Row]]]:
    """The sections above, and one for metrics of plugins."""
    others = [(name, name) for name in report.metrics if not name.startswith(KNOWN)]
    return [*SECTIONS, ("Others", others)]


def _marked(words: str, metric: Metric | None) -> str:
    return f"{words} *" if metric is not None and metric.assumed else words


def _cells(report: Report, means: dict[str, dict[str, float | None]], name: str) -> list[str]:
    metric = report.metrics.get(name)
    unit = metric.unit if metric else "count"
    return [
        "null" if values.get(name) is None else value_text(values[name], unit)
        for values in means.values()
    ]


def means_of(
    report: Report, setting: Setting, label: str, only: Sequence[str] = ()
) -> dict[str, float | None]:
    """Mean of each metric over the replicates that ended well; None if one of them lacks it.
    ``only``: of these metrics, as far as there are any; else of all."""
    cells = [result.metrics for result in report.cells(setting, label)]
    names = dict.fromkeys(name for metrics in cells for name in only or metrics if name in metrics)
    found: dict[str, float | None] = {}
    for name in names:
        values = [metrics.get(name) for metrics in cells]
        present = [value for value in values if value is not None]
        whole = len(present) == len(values)
        found[name] = math.fsum(present) / len(present) if whole else None
    return found
