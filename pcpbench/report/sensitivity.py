"""Decides how a report tells in how many draws of uncertain numbers verdicts hold, and what turns
the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pcpbench.report.report import Report
from pcpbench.report.tables import INDENT, Heading, Row, Table
from pcpbench.report.words import listed, plural, verdict_word
from pcpbench.statistics.sensitivity import Examined, Influence

HEADERS = ("", "verdict", "holds in", "turns towards")
MOST_NAMED = 3
MOST_HOLD = 0.95
METHOD = (
    "Each draw of a Latin hypercube gives every uncertain number of the profile a place in its "
    "range. A verdict holds in a draw if its interval, moved as far as the difference moves there, "
    "says the same; one seed and a part of the time were simulated. Numbers are named, with the "
    "end of their range, whose Spearman correlation with the move is significant (Holm over all "
    "numbers)."
)
NONE_ALONE = "no number alone"


def sensitivity_told(report: Report) -> str:
    """One sentence on the verdicts of primary metrics, "" where nothing was drawn."""
    found = report.sensitivity
    if not found:
        return ""
    whole = sum(not one.turned for one in found)
    mostly = sum(one.turned <= (1 - MOST_HOLD) * one.draws for one in found)
    draws = max(one.draws for one in found)
    text = (
        f"In {plural(draws, 'draw')} of all uncertain numbers at once, {whole} of {len(found)} "
        f"verdicts hold in every one, {mostly} in 95 % of them"
    )
    counted = Counter(influence.number for one in found for influence in one.numbers)
    if not counted:
        return f"{text}."
    ranked = counted.most_common()
    named = [f"{name} ({n})" for name, n in ranked[:MOST_NAMED]]
    more = len(ranked) - len(named)
    return (
        f"{text}; what turns verdicts is {listed([*named, *([f'{more} more'] if more else [])])}."
    )


def sensitivity_tables(report: Report) -> list[Table]:
    """One table: a heading for each primary metric, below it every verdict."""
    rows: list[Row] = []
    for name in report.header.primary:
        own = [one for one in report.sensitivity if one.comparison.metric == name]
        rows += [Heading(name), *[_row(report, one) for one in own]] if own else []
    return [Table(caption="", headers=HEADERS, rows=rows, right=(2,), verdicts=1)] if rows else []


def turning(found: Examined) -> str:
    """What turns a verdict, the strongest first; "" for one that always holds."""
    if not found.turned:
        return ""
    named = [
        f"{_named(influence)} ({abs(influence.correlation):.2f})"
        for influence in found.numbers[:MOST_NAMED]
    ]
    more = len(found.numbers) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more else [])]) or NONE_ALONE


def _row(report: Report, found: Examined) -> Sequence[str]:
    c = found.comparison
    where = f"{INDENT * 2}{c.candidate}, {report.setting_name(c.setting)}"
    return [where, verdict_word(c), held(found), turning(found)]


def held(found: Examined) -> str:
    """In how many draws a verdict holds."""
    return f"{found.draws - found.turned} of {found.draws}"


def _named(influence: Influence) -> str:
    return f"{influence.turns_at} {'end of ' * (influence.turns_at == 'either')}{influence.number}"
