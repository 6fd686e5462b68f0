"""Decides how the pages of a range are moved away: what it asks of LRU batches, and each move."""

from __future__ import annotations

from pcpbench.plugin.parameters import param
from pcpbench.plugin.workload import LRU_DRAIN, LRU_DRAIN_FORCED
from pcpbench.workloads.tables import Steps

FREE_GAP_NS = 40
LRU_DRAINS = {"holding": LRU_DRAIN, "all": LRU_DRAIN_FORCED}

# Parameters of every workload that moves pages away.
MOVE = param(1_500, unit="ns", ge=0, le=1_000_000, help="Time to move a page: copy, unmap, remap.")
LRU = param(
    "all",
    choices=("none", "holding", "all"),
    help="Whose LRU batches are drained too: of all CPUs as v5.15 does, of those that hold "
    "entries as 5.19 and later do, or none.",
)


def add_migration(steps: Steps, turn: int, *, pages: int, move_ns: int, lru: str) -> None:
    """Adds the drain of LRU batches that ``lru`` names, then an allocation and a free for each of
    ``pages``. Even turns move slots ``pages`` and above to those below, odd ones back."""
    if lru != "none":
        steps.add(LRU_DRAINS[lru], 0)
    old, new = (0, pages) if turn % 2 else (pages, 0)
    for slot in range(pages):
        steps.alloc(new + slot, move_ns)
        steps.free(old + slot, FREE_GAP_NS)
