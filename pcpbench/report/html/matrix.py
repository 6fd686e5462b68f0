"""Decides how all verdicts on primary metrics are seen at once."""

from __future__ import annotations

from pcpbench.metrics.metric import Metric
from pcpbench.report.assumed import assumed
from pcpbench.report.html.markup import scrollable, tag, text, verdict_cell
from pcpbench.report.numbers import change_text
from pcpbench.report.report import Report
from pcpbench.report.transplanted import marked, notes
from pcpbench.report.words import verdict_word
from pcpbench.statistics.comparison import Comparison


def _doubt(metric: Metric, c: Comparison) -> str:
    doubts = [("not robust", c.robust is False), ("assumed", assumed(metric, c) is not None)]
    return ", ".join(word for word, there in doubts if there)


def verdict_matrix(report: Report) -> str:
    """A table with a row for each setting and candidate, a column for each primary metric."""
    metrics = [report.metrics[n] for n in report.header.primary if n in report.metrics]
    if not metrics or not report.candidates:
        return ""
    heads = [tag("th", "strategy", scope="col")]
    heads += [tag("th", text(metric.title), scope="col", title=metric.name) for metric in metrics]
    found = {(c.setting, c.candidate, c.metric): c for c in report.comparisons if c.primary}
    rows = []
    for setting in report.settings:
        name = tag(
            "th",
            text(report.setting_name(setting)),
            scope="rowgroup",
            klass="group",
            colspan=len(heads),
        )
        rows.append(tag("tr", name))
        for candidate in report.candidates:
            cells = [tag("th", text(marked(report, [setting.kernel], candidate)), scope="row")]
            for metric in metrics:
                c = found.get((setting, candidate, metric.name))
                cells.append(
                    tag("td", "")
                    if c is None
                    else verdict_cell(verdict_word(c), change_text(c, metric), _doubt(metric, c))
                )
            rows.append(tag("tr", "".join(cells)))
    label = f"Verdicts beside {report.header.baseline}"
    kernels = [setting.kernel for setting in report.settings]
    meaning = "".join(f"; {note}" for note in notes(report, kernels, report.candidates))
    told = f"{label}; below each the change with its 95 % interval{meaning}"
    inner = tag("caption", text(told))
    inner += tag("thead", tag("tr", "".join(heads))) + tag("tbody", "".join(rows))
    return scrollable(tag("table", inner), label)
