"""Decides how a report tells whether verdicts hold over the uncertain numbers of the profiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pcpbench.report.words import listed
from pcpbench.statistics.comparison import Comparison

NOT_EXAMINED = (
    "Errors over seeds only: how far verdicts depend on the profiles' uncertain numbers was not "
    "examined."
)
MOST_NAMED = 3


def examined(comparisons: Iterable[Comparison]) -> str:
    """One sentence on the verdicts of primary metrics, or that nothing was examined."""
    judged = [c for c in comparisons if c.primary and c.robust is not None]
    if not judged:
        return NOT_EXAMINED
    holding = sum(bool(c.robust) for c in judged)
    text = (
        f"{holding} of {len(judged)} verdicts on primary metrics hold with each group of the "
        "profiles' uncertain numbers at its low and high end"
    )
    counted = Counter(flip for c in judged for flip in c.flips).most_common()
    if not counted:
        return f"{text}."
    named = [f"{flip} ({n})" for flip, n in counted[:MOST_NAMED]]
    others = len(counted) - len(named)
    more = [f"{others} more"] if others else []
    return f"{text}; the others turn with {listed([*named, *more])}."


def fragile(comparison: Comparison) -> str | None:
    """What turns a verdict around, for the notes below a table; None if nothing does."""
    if not comparison.flips:
        return None
    return f"not robust: turns with {listed(comparison.flips)}"
