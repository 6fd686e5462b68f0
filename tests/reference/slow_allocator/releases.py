"""Says where releases of the kernel differ, and what depends on the size of a page."""

from __future__ import annotations

from dataclasses import dataclass, replace

UNMOVABLE, MOVABLE, RECLAIMABLE = TYPES = (0, 1, 2)  # those that have pcp lists
HIGHATOMIC = 3
BATCH_SCALE_MAX = 5  # CONFIG_PCP_BATCH_SCALE_MAX


@dataclass(frozen=True, slots=True)
class PageSize:
    """Its bits, the largest order (inclusive), the order of a pageblock."""

    shift: int
    max_order: int
    pageblock_order: int

    @property
    def pageblock(self) -> int:
        return 1 << self.pageblock_order


PAGE_SIZES = {
    4096: PageSize(shift=12, max_order=10, pageblock_order=9),
    16384: PageSize(shift=14, max_order=11, pageblock_order=11),
    65536: PageSize(shift=16, max_order=13, pageblock_order=13),
}


@dataclass(frozen=True, slots=True)
class Release:
    """The rules of one release; the defaults are v5.15's."""

    # Lists of a CPU: orders with one for each type; huge pages with one for each type (3), one for
    # movable ones and one for others (2), one for all (1), or none.
    small_orders: int = 4
    huge_lists: int = 3
    refill_by_order: bool = True
    free_factor: bool = True  # flushes grow until an allocation; else each is of one batch
    free_factor_max: int | None = None
    free_high_orders_at_once: bool = False
    from_list_in_use: bool = False  # else weighted round robin
    reclaim_lowers_high: bool = True
    buddy_when_empty: bool = False
    # 6.7: high moves between two limits, flushes grow by free_count, refills by alloc_factor.
    tunes_high: bool = False
    free_high_needs_high_min: bool = False
    flush_by_batch: bool = False
    decay_by_batch: bool = False
    # The buddy lists.
    mergeable_types: bool = False  # from a pageblock on, HIGHATOMIC merges only with its like
    nofragment_below_pageblock: bool = False
    reserve_needs_percent: bool = False  # 6.8: none kept where 1 % is less than a pageblock
    # Whether a zone loses its drift mark once its watermarks are far enough apart: recordings show
    # drift_mark=0 in 7.2 and a mark in every zone through 6.12. 6.18 is taken to be as 6.12.
    drift_mark_resets: bool = False
    # 6.10: free blocks always stand on the lists of their pageblock's type.
    list_hygiene: bool = False


V6_0 = Release(
    huge_lists=1,
    free_high_orders_at_once=True,
    from_list_in_use=True,
    buddy_when_empty=True,
    mergeable_types=True,
)
V6_2 = replace(V6_0, nofragment_below_pageblock=True)
V6_7 = replace(V6_2, tunes_high=True)
V6_12 = replace(
    V6_7, huge_lists=2, list_hygiene=True, decay_by_batch=True, reserve_needs_percent=True
)
V6_18 = replace(V6_12, decay_by_batch=False, free_high_needs_high_min=True)

RELEASES = {
    "v5.10.y": Release(
        small_orders=1,
        huge_lists=0,
        refill_by_order=False,
        free_factor=False,
        reclaim_lowers_high=False,
    ),
    "v5.15": Release(),
    "v6.0": V6_0,
    "v6.1.y": replace(V6_2, huge_lists=2, free_factor_max=BATCH_SCALE_MAX),
    "v6.2": V6_2,
    "v6.7": V6_7,
    "v6.12.y": V6_12,
    "v6.18": V6_18,
    "v7.2": replace(V6_18, flush_by_batch=True, decay_by_batch=True, drift_mark_resets=True),
}
