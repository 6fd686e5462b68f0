"""Decides on which buddy list a block stands: taking, splitting, freeing, merging, counting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .releases import HIGHATOMIC, MOVABLE, TYPES, PageSize, Release

WATERMARK_BOOST_FACTOR = 15_000
STAT_THRESHOLD_MAX = 125


@dataclass(frozen=True, slots=True)
class Marks:
    """Watermarks, in pages, without the boost."""

    min: int
    low: int
    high: int


class Zone:
    """Free lists by order and type, pageblock types, counters and flags."""

    def __init__(
        self, *, pages: int, cpus: int, marks: Marks, size: PageSize, release: Release
    ) -> None:
        self.pages, self.cpus, self.marks = pages, cpus, marks
        self.size, self.release = size, release
        self.free: list[list[list[int]]] = [
            [[] for _ in (*TYPES, HIGHATOMIC)] for _ in range(size.max_order + 1)
        ]
        self.listed: dict[int, tuple[int, int]] = {}  # first page of a free block: order, list
        self.used: dict[int, tuple[int, int]] = {}  # first page in use: its order and type
        self.block_type = [MOVABLE] * (-(-pages // size.pageblock))  # memmap_init_range
        self.boost = self.reserved_highatomic = self.free_highatomic = 0
        self.boosted = self.reclaim_active = self.below_high = False
        self.stat_threshold = self.normal_threshold()
        self.nr_free = pages
        self.remainder = [0] * cpus
        # memblock frees ascending, to the tail (__free_pages_core), the largest aligned blocks.
        page = 0
        while page < pages:
            order = next(
                o
                for o in range(size.max_order, -1, -1)
                if page % (1 << o) == 0 and page + (1 << o) <= pages
            )
            self.insert(page, order, MOVABLE, tail=True)
            page += 1 << order

    # Taking

    def take_own(self, cpu: int, order: int, kind: int) -> int | None:
        """__rmqueue_smallest: the head of the smallest block that suffices."""
        for found in range(order, self.size.max_order + 1):
            if self.free[found][kind]:
                page = self.free[found][kind][0]
                self.remove(page)
                self.expand(page, found, order, kind)
                if self.release.list_hygiene:  # page_del_and_expand
                    self.account(cpu, -(1 << order), kind)
                return page
        return None

    def expand(self, page: int, found: int, order: int, kind: int) -> None:
        """The lowest part is taken, upper halves become heads."""
        for half in range(found - 1, order - 1, -1):
            self.insert(page + (1 << half), half, kind, tail=False)

    # Freeing

    def give(self, cpu: int, page: int, order: int, kind: int) -> None:
        """__free_one_page: merges as far as it goes; the type given decides the list."""
        self.account(cpu, 1 << order, kind)
        while order < self.size.max_order and self.merges(page ^ (1 << order), order, kind):
            buddy = page ^ (1 << order)
            self.remove(buddy)
            if self.release.list_hygiene and order >= self.size.pageblock_order:
                self.retype(buddy, order, kind)
            page &= ~(1 << order)
            order += 1
        # buddy_merge_likely: the parent's buddy is free, so keep this one for a later merge.
        parent = page & ~(1 << order)
        likely = order < self.size.max_order - 1 and self.is_free(
            parent ^ (1 << (order + 1)), order + 1
        )
        self.insert(page, order, kind, tail=likely)

    def merges(self, buddy: int, order: int, kind: int) -> bool:
        if not self.is_free(buddy, order):
            return False
        if order < self.size.pageblock_order or not self.release.mergeable_types:
            return True
        other = self.type_of(buddy)
        return kind == other or (kind in TYPES and other in TYPES)

    def give_block(self, cpu: int, page: int, order: int) -> None:
        """free_one_page; since 6.12 with split_large_buddy."""
        piece = min(order, self.size.pageblock_order) if self.release.list_hygiene else order
        for part in range(page, page + (1 << order), 1 << piece):
            self.give(cpu, part, piece, self.type_of(part))

    # Pageblocks

    def type_of(self, page: int) -> int:
        return self.block_type[page // self.size.pageblock]

    def retype(self, page: int, order: int, kind: int) -> None:
        """The pageblock of a page, or all that a larger block covers (change_pageblock_range)."""
        first = page // self.size.pageblock
        for block in range(first, first + max(1, (1 << order) // self.size.pageblock)):
            self.block_type[block] = kind

    def whole_pageblock(self, page: int) -> range | None:
        """The pages of the pageblock, if all lie in the zone."""
        start = page // self.size.pageblock * self.size.pageblock
        end = start + self.size.pageblock
        return range(start, end) if end <= self.pages else None

    def blocks_in(self, pages: range) -> Iterator[tuple[int, int, int | None]]:
        """First page, order and (in use) type of each block that begins there, ascending.

        Pages on pcp lists are left out.
        """
        for page in pages:
            if page in self.listed:
                yield page, self.listed[page][0], None
            elif page in self.used:
                yield page, *self.used[page]

    def move_free_blocks(self, cpu: int, pages: range, kind: int) -> int:
        """move_freepages_block: to the tails, ascending. Returns how many pages."""
        moved = [(page, order) for page, order, owner in self.blocks_in(pages) if owner is None]
        for page, _ in moved:
            self.move(cpu, page, kind)
        return sum(1 << order for _, order in moved)

    # Lists

    def insert(self, page: int, order: int, kind: int, *, tail: bool) -> None:
        pages = self.free[order][kind]
        pages.insert(len(pages) if tail else 0, page)
        self.listed[page] = (order, kind)

    def remove(self, page: int) -> None:
        order, kind = self.listed.pop(page)
        self.free[order][kind].remove(page)

    def move(self, cpu: int, page: int, kind: int) -> None:
        """move_to_free_list: to the tail."""
        order, old = self.listed[page]
        self.remove(page)
        self.insert(page, order, kind, tail=True)
        if self.release.list_hygiene:
            self.account(cpu, -(1 << order), old)
            self.account(cpu, 1 << order, kind)

    def is_free(self, page: int, order: int) -> bool:
        return page in self.listed and self.listed[page][0] == order

    # Counters

    def account(self, cpu: int, delta: int, kind: int) -> None:
        """__mod_zone_page_state of NR_FREE_PAGES; account_freepages of HIGHATOMIC (6.12)."""
        if kind == HIGHATOMIC:
            self.free_highatomic += delta
        changed = self.remainder[cpu] + delta
        if abs(changed) > self.stat_threshold:
            self.nr_free += changed
            changed = 0
        self.remainder[cpu] = changed

    def fold(self, cpu: int) -> None:
        """refresh_cpu_vm_stats, for the counter of free pages."""
        self.nr_free += self.remainder[cpu]
        self.remainder[cpu] = 0

    def normal_threshold(self) -> int:
        """calculate_normal_threshold, which counts memory in units of 128 MiB."""
        per_memory = 1 + (self.pages >> (27 - self.size.shift)).bit_length()
        return min(STAT_THRESHOLD_MAX, 2 * self.cpus.bit_length() * per_memory)

    def has_drift_mark(self) -> bool:
        """Every zone gets one at boot, before it has watermarks (refresh_zone_stat_thresholds)."""
        distance = self.marks.low - self.marks.min
        tight = self.cpus * self.normal_threshold() > distance
        return tight or not self.release.drift_mark_resets

    def set_pressure(self, awake: bool) -> None:
        """set_pgdat_percpu_threshold: kswapd is awake or not."""
        self.stat_threshold = self.normal_threshold()
        if awake and self.has_drift_mark():
            distance = self.marks.low - self.marks.min
            self.stat_threshold = min(STAT_THRESHOLD_MAX, max(1, distance // self.cpus))

    # Watermarks

    def boost_watermark(self) -> bool:
        """True if it rose or stands at its limit."""
        if self.pages < self.size.pageblock * 4:
            return False
        limit = self.marks.high * WATERMARK_BOOST_FACTOR // 10_000
        if limit == 0:
            return False
        self.boost = min(self.boost + self.size.pageblock, max(self.size.pageblock, limit))
        return True

    def unusable_highatomic(self) -> int:
        """What requests without reserves may not count as free."""
        return self.free_highatomic if self.release.list_hygiene else self.reserved_highatomic

    def watermark_ok(self, order: int, mark: int) -> bool:
        """__zone_watermark_ok without reserves; the boost is added to the mark."""
        free = max(self.nr_free, 0) - (1 << order) + 1 - self.unusable_highatomic()
        if free <= mark + self.boost:
            return False
        return order == 0 or any(
            self.free[o][kind] for o in range(order, self.size.max_order + 1) for kind in TYPES
        )

    def look_at_high(self, order: int) -> None:
        """get_page_from_freelist, 6.7: says so when the high watermark does not hold."""
        if self.release.tunes_high and not self.watermark_ok(order, self.marks.high):
            self.below_high = True

    def leave_below_high(self) -> None:
        """free_unref_page_commit, 6.7: a flush is over."""
        if self.below_high and self.watermark_ok(0, self.marks.high):
            self.below_high = False
