"""Decides the order of the HTML report: the answer, verdicts, plots, tables, and where from."""

from __future__ import annotations

from collections.abc import Iterator

from pcpbench.plugin.reports import Wishes
from pcpbench.report.document import Document, document
from pcpbench.report.html.curves import sweep_section
from pcpbench.report.html.draws import drawn_section
from pcpbench.report.html.forest import forest
from pcpbench.report.html.interruptions import interruption_section
from pcpbench.report.html.latencies import latency_section
from pcpbench.report.html.markup import (
    MOST_SETTINGS,
    behind,
    items,
    left_out,
    paragraphs,
    table_html,
    tag,
    text,
)
from pcpbench.report.html.matrix import verdict_matrix
from pcpbench.report.html.moments import moment_section
from pcpbench.report.html.style import STYLE
from pcpbench.report.report import Report
from pcpbench.report.robustness import examined
from pcpbench.report.section import Section
from pcpbench.report.sections import MEASURED, OTHERS, SENSITIVITY, SETTINGS, SWEEP, VERDICTS
from pcpbench.report.tables import Table
from pcpbench.report.words import verdict_word

FOREST = (
    "Each row is the change of one strategy beside the baseline: the thin line is the 95 % "
    "interval, the thick one that of 90 %, whose place within the shaded margin makes it "
    "equivalent; a dot alone is exact. A hollow dot is not decided."
)
OWN_PLACE = (VERDICTS, SENSITIVITY, SWEEP, SETTINGS, OTHERS, MEASURED)
Part = tuple[str, str, str]


def html_report(report: Report, wishes: Wishes) -> str:
    """The whole report as one file in ASCII."""
    found = document(report, wishes)
    parts = [part for part in _parts(report, found, wishes) if part[2]]
    links = "".join(tag("li", tag("a", text(title), href=f"#{key}")) for key, title, _ in parts)
    body = [
        tag("a", "To the answer", href="#answer", klass="skip"),
        tag("header", _head(found) + tag("nav", tag("ul", links), aria_label="Parts")),
        tag("main", "".join(_section(*part) for part in parts)),
        tag("footer", text(f"pcpbench {report.header.version}".strip())),
    ]
    head = [
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        tag("title", text(f"{found.name} - pcpbench")),
        f"<style>{STYLE}</style>",
    ]
    page = f'<html lang="en"><head>{"".join(head)}</head>\n<body>{"".join(body)}</body></html>'
    return f"<!DOCTYPE html>\n{page}\n".encode("ascii", "xmlcharrefreplace").decode()


def _head(found: Document) -> str:
    question = tag("p", text(found.question), klass="question") if found.question else ""
    answer = tag("div", paragraphs(found.answer), klass="answer", id="answer")
    return tag("h1", text(found.name)) + question + answer


def _section(key: str, title: str, content: str) -> str:
    heading = tag("h2", text(title), id=f"{key}-title")
    return tag("section", heading + content, id=key, aria_labelledby=f"{key}-title") + "\n"


def _parts(report: Report, found: Document, wishes: Wishes) -> Iterator[Part]:
    yield "verdicts", VERDICTS, verdict_matrix(report)
    yield "intervals", "Intervals", _intervals(report, found)
    yield "sweep", SWEEP, sweep_section(report)
    yield "interruptions", "Interruptions of isolated CPUs", interruption_section(report)
    yield "moments", "When isolated CPUs were interrupted", moment_section(report)
    yield "latencies", "Latency distributions", latency_section(report)
    settings = found.section(SETTINGS)
    if settings:
        shown = settings.tables[:MOST_SETTINGS]
        tables = [behind(t.caption, table_html(t, caption=False)) for t in shown]
        tables.append(left_out(len(settings.tables), "table"))
        yield "settings", SETTINGS, "".join(tables)
    others = found.section(OTHERS)
    if others:
        tables = [behind(t.caption or t.empty, table_html(t)) for t in others.tables]
        yield "others", OTHERS, paragraphs([others.text]) + "".join(tables)
    for number, section in enumerate(found.sections):
        if section.title not in OWN_PLACE:
            yield f"note-{number}", section.title, _written(section)
    yield "sensitivity", SENSITIVITY, _sensitivity(report)
    measured = found.section(MEASURED)
    yield "measured", MEASURED, items(measured.items) if measured else ""
    yield "provenance", "Provenance", _provenance(report, wishes)


def _written(section: Section) -> str:
    """A section as it is in the other forms."""
    text_above = paragraphs([section.text]) if section.text else ""
    tables = "".join(table_html(table) for table in section.tables)
    return text_above + tables + (items(section.items) if section.items else "")


def _intervals(report: Report, found: Document) -> str:
    """A plot for each primary metric, with the verdicts in numbers behind it."""
    section = found.section(VERDICTS)
    tables = {t.caption.partition(":")[0]: t for t in section.tables} if section else {}
    parts = []
    for name in report.header.primary:
        table = tables.get(name)
        comparisons = [c for c in report.comparisons if c.metric == name]
        if table is None or not comparisons:
            continue
        plot = forest(report, report.metrics[name], comparisons)
        figure = tag("figure", tag("figcaption", text(table.caption)) + plot)
        heading = tag("h3", text(report.metrics[name].title))
        parts.append(heading + figure + behind("The same as a table", table_html(table)))
    return paragraphs([FOREST]) + "".join(parts) if parts else ""


def _sensitivity(report: Report) -> str:
    """Whether verdicts hold over the profiles' uncertain numbers, and what turns the others."""
    rows = [
        [
            c.metric,
            report.setting_name(c.setting),
            c.candidate,
            verdict_word(c),
            ", ".join(c.flips),
        ]
        for c in report.comparisons
        if c.primary and c.flips
    ]
    table = Table(
        caption="Verdicts that depend on uncertain numbers",
        headers=["metric", "setting", "strategy", "verdict", "turns with"],
        rows=rows,
        verdicts=3,
    )
    ends = paragraphs([examined(report.comparisons)]) + (table_html(table) if rows else "")
    return ends + drawn_section(report)


def _provenance(report: Report, wishes: Wishes) -> str:
    header = report.header
    rows = [["engine", engine, f"{n} cells", ""] for engine, n in report.engines.items()]
    rows += [[s.kind, s.name, s.origin, s.digest[:16]] for s in report.sources]
    table = Table(
        caption="What the run was made from",
        headers=["kind", "name", "origin", "SHA-256"],
        rows=rows,
        empty=f"Engine {header.engine}; an older run file does not say more.",
    )
    parts = [table_html(table)]
    if wishes.timings:
        told = [f"{key}: {value}" for key, value in header.environment.items()]
        parts.append(items(told))
    experiment = str(header.experiment.get("text") or "")
    if experiment:
        parts.append(behind("The experiment", tag("pre", text(experiment), tabindex="0")))
    changed = header.experiment.get("settings") or ()
    if changed:
        parts.append(paragraphs([f"Changed by --set: {', '.join(map(str, changed))}"]))
    return "".join(parts)
