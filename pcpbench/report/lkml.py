"""Decides what of a report goes into a mail to a kernel list: plain text of 72 columns."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.reports import Wishes
from pcpbench.report.assumed import assumed
from pcpbench.report.document import Document, added_sections, document
from pcpbench.report.notes import method, setup, timings
from pcpbench.report.numbers import change_text, p_text
from pcpbench.report.report import Report
from pcpbench.report.section import Section
from pcpbench.report.sections import FAILED, PAIRS, REFERENCES, VERDICTS
from pcpbench.report.tables import paragraph
from pcpbench.report.terminal import table_blocks
from pcpbench.report.verdicts import decisive_p
from pcpbench.report.words import DECIDED, by_verdict, plural, verdict_word
from pcpbench.statistics.comparison import Comparison

COLUMNS = 72
P_COLUMN = 3  # its place is taken by the interval; what is significant is told below the tables
SIMULATED = (
    "These numbers come from pcpbench, a simulator of the page allocator's per-CPU lists, not from "
    "a running kernel."
)
NOT_EQUAL = "Inconclusive means that the replicates cannot tell, not that nothing changed."


def lkml_report(report: Report, wishes: Wishes) -> str:
    """The report for a cover letter: answer, setup, tables, what is significant, how it was
    measured."""
    found = document(report)
    title = f"{found.name}: {found.question}" if found.question else found.name
    blocks = [
        _filled(title),
        *[_filled(text) for text in found.answer],
        *_listed("Setup", setup(report)),
        *_tables(found, VERDICTS, without=P_COLUMN),
        *_tables(found, PAIRS),
        *_tables(found, REFERENCES),
        *[block for _, one in added_sections(report, wishes) for block in _added(one)],
        *_listed("What is significant", _significant(report)),
        *_items(found, FAILED),
        *_listed("How it was measured", [SIMULATED, *_method(report, wishes)]),
    ]
    return "\n\n".join(blocks) + "\n"


def _method(report: Report, wishes: Wishes) -> list[str]:
    """Without the line on what a star means: no table here has one."""
    lines = [line for line in method(report) if not line.startswith("*")]
    return [*lines, *(timings(report) if wishes.timings else [])]


def _filled(text: str, indent: str = "") -> str:
    return paragraph(text, width=COLUMNS, indent=indent)


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    items = [_filled(line if line.startswith("- ") else f"- {line}", "  ") for line in lines]
    return ["\n".join([f"{title}:", *items])]


def _items(found: Document, title: str) -> list[str]:
    return _listed(title, _lines(found, title))


def _lines(found: Document, title: str) -> Sequence[str]:
    section = found.section(title)
    return section.items if section else ()


def _added(section: Section) -> list[str]:
    """A section of a plugin, whole."""
    lead = f"{section.title}: {section.text}" if section.text else f"{section.title}:"
    tables = [block for t in section.tables for block in table_blocks(t, width=COLUMNS)]
    items = [_filled(f"- {line.removeprefix('- ')}", "  ") for line in section.items]
    return [_filled(lead), *tables, *(["\n".join(items)] if items else [])]


def _tables(found: Document, title: str, *, without: int | None = None) -> list[str]:
    section = found.section(title)
    blocks = []
    for table in section.tables if section else ():
        chosen = [i for i in range(len(table.headers)) if i != without]
        blocks += table_blocks(table.columns(chosen), width=COLUMNS)
    return blocks


def _significant(report: Report) -> list[str]:
    """Every primary comparison that is decided, and how many are not."""
    primary = [c for c in report.comparisons if c.primary]
    lines = [_decided(report, c) for c in primary if verdict_word(c) in DECIDED]
    open_ones = {w: len(cs) for w, cs in by_verdict(primary).items() if w not in DECIDED}
    if open_ones:
        told = ", ".join(f"{count} {word}" for word, count in open_ones.items())
        told = f"Of {plural(len(primary), 'primary comparison')} {told}."
        lines.append(f"{told} {NOT_EQUAL}" if "inconclusive" in open_ones else told)
    others = [c for c in report.comparisons if not c.primary]
    differing = sum(verdict_word(c) in ("better", "worse", "differs") for c in others)
    if others:
        lines.append(
            f"Of {plural(len(others), 'exploratory comparison')} {differing:,} differ; about 5 % "
            "of those are expected to be false."
        )
    return lines


def _decided(report: Report, c: Comparison) -> str:
    metric = report.metrics[c.metric]
    p = decisive_p(c)
    judged = "" if p == p_text(None) else f", adj. p {p}"
    where = report.setting_name(c.setting)
    return (
        f"{c.candidate} is {_than(c)} {c.baseline} in {metric.title} "
        f"({where}): {change_text(c, metric)}{judged}"
        f"{'; assumed, not found' if assumed(metric, c) else ''}"
    )


def _than(c: Comparison) -> str:
    words = {
        "better": "better than",
        "worse": "worse than",
        "differs": "other than",
        "equivalent": "equivalent to",
    }
    return words[verdict_word(c)]
