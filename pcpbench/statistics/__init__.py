"""Decides what may be said about the difference between two strategies."""

from pcpbench.statistics.compare import compare_arms, compare_cells
from pcpbench.statistics.comparison import Comparison, Verdict
from pcpbench.statistics.families import benjamini_hochberg, holm
from pcpbench.statistics.student import Tested, paired_t, welch_t

__all__ = [
    "Comparison",
    "Tested",
    "Verdict",
    "benjamini_hochberg",
    "compare_arms",
    "compare_cells",
    "holm",
    "paired_t",
    "welch_t",
]
