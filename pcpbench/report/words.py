"""Decides the words for verdicts, and how verdicts in several settings are summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import changes_text
from pcpbench.report.report import Report
from pcpbench.statistics.comparison import Comparison
from pcpbench.statistics.judge import MAXIMUM, NO_DIRECTION

ORDER = (
    "better",
    "worse",
    "differs",
    "equivalent",
    "inconclusive",
    "not judged",
    "not compared",
)
DECIDED = ("better", "worse", "differs", "equivalent")
COLOURS = {"better": 32, "worse": 31, "differs": 35, "equivalent": 36, "inconclusive": 33}
FEW = 2


def verdict_word(comparison: Comparison) -> str:
    """The verdict as a word of ``ORDER``."""
    if comparison.verdict is not None:
        return comparison.verdict
    if NO_DIRECTION in comparison.reasons:
        return "differs"
    return "not judged" if MAXIMUM in comparison.reasons else "not compared"


def verdict_paint(colour: bool) -> Callable[[str], str]:
    """Colours a line of a verdict cell, or leaves it as it is."""

    def paint(line: str) -> str:
        code = COLOURS.get(line)
        return f"\x1b[{code}m{line}\x1b[0m" if colour and code else line

    return paint


def by_verdict(comparisons: Iterable[Comparison]) -> dict[str, list[Comparison]]:
    """Comparisons by the word for their verdict, in the order of ``ORDER``."""
    found: dict[str, list[Comparison]] = {word: [] for word in ORDER}
    for comparison in comparisons:
        found[verdict_word(comparison)].append(comparison)
    return {word: members for word, members in found.items() if members}


def tally(report: Report, comparisons: Sequence[Comparison], metric: Metric) -> str:
    """Verdicts over settings in words: ``better in 3 of 4 settings (-40 to -12 %)``.

    A verdict that holds in few of the settings names them.
    """
    groups = by_verdict(comparisons)
    total = len(comparisons)
    parts = []
    for place, (word, members) in enumerate(groups.items()):
        notes = [changes_text(members, metric)] if word in DECIDED else []
        if len(groups) > 1 and len(members) <= FEW:
            notes += [report.setting_name(c.setting) for c in members]
        where = f" in {len(members)}" if place else _first_count(len(members), total)
        parts.append(f"{word}{where}" + (f" ({'; '.join(notes)})" if notes else ""))
    return ", ".join(parts)


def plural(count: int, noun: str) -> str:
    """``1 cell``, ``2 cells``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def number_ranges(numbers: Iterable[int]) -> str:
    """Whole numbers as ranges: ``1-4, 7``."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def _first_count(members: int, total: int) -> str:
    if total == 1:
        return ""
    return f" in all {total} settings" if members == total else f" in {members} of {total} settings"
