"""Generates allocations of a share of memory, freed in random order."""

from __future__ import annotations

from typing import ClassVar

from pcpbench.workloads.bulk import Bulk


class RandomFree(Bulk):
    """As ``bulk``, but the blocks are freed in random order: neighbours rarely meet to merge."""

    kind = "random-free"
    summary = "half of memory allocated, then freed in random order"
    source = "the 'rand' benchmark of the LLFree paper's artifact (USENIX ATC 2023)"
    seed_varies = "the order of the frees, the times between calls"
    at_random: ClassVar[bool] = True
