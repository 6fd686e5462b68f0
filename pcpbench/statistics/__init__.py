"""Decides what may be said about the difference between two strategies."""

from pcpbench.statistics.compare import compare_cells
from pcpbench.statistics.comparison import Comparison, Verdict
from pcpbench.statistics.families import benjamini_hochberg, holm
from pcpbench.statistics.paired import PairedT, paired_t

__all__ = [
    "Comparison",
    "PairedT",
    "Verdict",
    "benjamini_hochberg",
    "compare_cells",
    "holm",
    "paired_t",
]
