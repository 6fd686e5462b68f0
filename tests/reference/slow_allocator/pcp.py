"""Decides how many pages one CPU's lists take from the zone and give back to it."""

from __future__ import annotations

from dataclasses import dataclass

from .releases import BATCH_SCALE_MAX, MOVABLE, TYPES, PageSize, Release
from .zone import Zone


def clamp(value: int, least: int, most: int) -> int:
    """The kernel's: where the limits cross, the upper one holds."""
    return min(max(value, least), most)


def orders_of_lists(release: Release, size: PageSize) -> list[int]:
    """The order of the blocks on each list, in the order of lists (NR_PCP_LISTS)."""
    small = [order for order in range(release.small_orders) for _ in TYPES]
    return small + [size.pageblock_order] * release.huge_lists


def index_of(release: Release, order: int, kind: int) -> int:
    """order_to_pindex; pages of reserved pageblocks are listed as movable ones."""
    kind = kind if kind in TYPES else MOVABLE
    if order < release.small_orders:
        return 3 * order + kind
    first = 3 * release.small_orders
    return first + {3: kind, 2: int(kind == MOVABLE), 1: 0}[release.huge_lists]


@dataclass(slots=True)
class Pcp:
    """struct per_cpu_pages: the lists of one CPU and what sizes their refills and flushes."""

    zone: Zone
    lists: list[list[int]]
    count: int = 0
    batch: int = 1
    high: int = 0
    high_min: int = 0
    high_max: int = 0
    large_cache: bool = False  # PCPF_FREE_HIGH_BATCH
    free_factor: int = 0
    free_count: int = 0
    alloc_factor: int = 0
    previous_free_high_order: bool = False

    @property
    def release(self) -> Release:
        return self.zone.release

    def set_sizes(self, *, batch: int, high_min: int, high_max: int, large_cache: bool) -> None:
        """pageset_update; where it is tuned, ``high`` follows at its next use."""
        self.batch, self.high_min, self.high_max = batch, high_min, high_max
        self.large_cache = large_cache
        if not self.release.tunes_high:
            self.high = high_max

    def start_allocation(self) -> None:
        """rmqueue_pcplist."""
        self.free_factor >>= 1
        self.free_count >>= 1

    # Refills

    def refill_blocks(self, order: int) -> int:
        """nr_pcp_alloc, and what stood in __rmqueue_pcplist before."""
        if self.release.tunes_high:
            pages = self.tuned_refill(order)
        elif not self.release.refill_by_order:
            return self.batch
        else:
            pages = self.batch
        return max(pages >> order, 2) if pages > 1 else pages

    def tuned_refill(self, order: int) -> int:
        high = self.high = clamp(self.high, self.high_min, self.high_max)
        if high < self.batch:
            return 1
        pages = self.batch if order else self.batch << self.alloc_factor
        if self.high_min != self.high_max and not self.zone.below_high:
            high = self.high = min(high + pages, self.high_max)
        if order == 0:
            most = max(high - self.count - self.batch, self.batch)
            if pages <= most and self.alloc_factor < BATCH_SCALE_MAX:
                self.alloc_factor += 1
            pages = min(pages, most)
        return pages

    # Flushes

    def pages_to_flush(self, order: int) -> int:
        """free_unref_page_commit, after the block stands on its list; 0: no flush.

        Where a threshold equals the batch, a flush is of no page; no kernel sets such sizes.
        """
        return self.tuned_flush(order) if self.release.tunes_high else self.plain_flush(order)

    def plain_flush(self, order: int) -> int:
        at_once = self.release.free_high_orders_at_once and self.free_factor > 0 and 1 <= order <= 3
        threshold = 0 if at_once else self.threshold()
        if self.count < threshold:
            return 0
        return self.count if at_once else self.pages_to_free(threshold)

    def threshold(self) -> int:
        """nr_pcp_high through 6.6."""
        if self.high == 0:
            return 0
        lowered = self.zone.reclaim_active and self.release.reclaim_lowers_high
        return min(4 * self.batch, self.high) if lowered else self.high

    def pages_to_free(self, threshold: int) -> int:
        """nr_pcp_free through 6.6."""
        if not self.release.free_factor:
            return self.batch
        if threshold < self.batch:
            return 1
        pages = self.batch << self.free_factor
        most = self.release.free_factor_max
        if pages < threshold - self.batch and (most is None or self.free_factor < most):
            self.free_factor += 1
        return clamp(pages, self.batch, threshold - self.batch)

    def tuned_flush(self, order: int) -> int:
        self.alloc_factor >>= 1
        free_high = False
        if 1 <= order <= 3:
            enough = self.batch
            if self.release.free_high_needs_high_min:
                enough += self.high_min // 2
            free_high = self.previous_free_high_order and self.free_count >= enough
            if self.large_cache and self.count < self.batch:
                free_high = False
        self.previous_free_high_order = 1 <= order <= 3
        if self.free_count < self.batch << BATCH_SCALE_MAX:
            self.free_count += 1 << order
        threshold = self.tuned_threshold(free_high)
        if self.count < threshold:
            return 0
        if free_high:
            return min(self.count, self.batch << BATCH_SCALE_MAX)
        if threshold < self.batch:
            return 1
        return clamp(self.free_count, self.batch, threshold - self.batch)

    def tuned_threshold(self, free_high: bool) -> int:
        """nr_pcp_high since 6.7."""
        least, most = self.high_min, self.high_max
        high = self.high = clamp(self.high, least, most)
        less = high - max(self.free_count, self.batch)
        if high == 0:
            return 0
        if free_high:
            self.high = max(high - (self.batch << BATCH_SCALE_MAX), least)
            return 0
        if self.zone.reclaim_active:
            self.high = max(less, least)
            return min(4 * self.batch, self.high)
        if least == most:
            return high
        if self.zone.below_high:
            self.high = max(less, least)
            return max(self.count, least)
        if self.count >= high and high < self.free_count + self.batch:
            self.high = clamp(self.free_count + self.batch, least, most)
        return high

    def decay(self) -> int:
        """decay_pcp_high: lowers ``high``, returns how many pages are now too many."""
        if self.high > self.high_min:
            self.high = max(
                self.count - (self.batch << BATCH_SCALE_MAX),
                self.high - self.high // 8,
                self.high_min,
            )
        return max(self.count - self.high, 0)
