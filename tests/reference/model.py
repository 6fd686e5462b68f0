"""The page allocator of Linux 5.10 to 6.6 as plain Python: what the native one must agree with.

Slow, and written from the kernel's rules (mm/page_alloc.c and mm/vmstat.c; the function is named
at each step, by its name in v5.15), not from native/allocator, so that the same mistake is
unlikely to be made twice. One zone, no memory isolation, no CMA, no compaction. A list's head is
its first element. A page that is in use counts as movable if it was allocated as movable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

UNMOVABLE, MOVABLE, RECLAIMABLE = TYPES = (0, 1, 2)
FALLBACKS = {
    UNMOVABLE: (RECLAIMABLE, MOVABLE),
    MOVABLE: (RECLAIMABLE, UNMOVABLE),
    RECLAIMABLE: (UNMOVABLE, MOVABLE),
}
WATERMARK_BOOST_FACTOR = 15_000


@dataclass(frozen=True, slots=True)
class PageSize:
    """What depends on the size of a page: its bits, the largest order (inclusive), a pageblock."""

    shift: int = 12
    max_order: int = 10
    pageblock_order: int = 9

    @property
    def pageblock(self) -> int:
        return 1 << self.pageblock_order


PAGE_SIZES = {
    4096: PageSize(),
    16384: PageSize(shift=14, max_order=11, pageblock_order=11),
    65536: PageSize(shift=16, max_order=13, pageblock_order=13),
}


@dataclass(frozen=True, slots=True)
class Release:
    """Where releases differ. The defaults are v5.15's.

    ``small_orders``: those with a list for each type. ``huge_lists``: lists of huge pages, one for
    each type (3), one for movable ones and one for others (2), one for all (1), or none.
    """

    small_orders: int = 4
    huge_lists: int = 3
    refill_by_order: bool = True
    free_factor: bool = True  # flushes grow until an allocation; else each is of one batch
    free_factor_max: int | None = None
    free_high_orders_at_once: bool = False
    from_list_in_use: bool = False  # else weighted round robin
    reclaim_lowers_high: bool = True


RELEASES = {
    "v5.10": Release(
        small_orders=1,
        huge_lists=0,
        refill_by_order=False,
        free_factor=False,
        reclaim_lowers_high=False,
    ),
    "v5.15": Release(),
    "v6.0": Release(huge_lists=1, free_high_orders_at_once=True, from_list_in_use=True),
    "v6.1.y": Release(
        huge_lists=2, free_high_orders_at_once=True, from_list_in_use=True, free_factor_max=5
    ),
}


@dataclass(slots=True)
class Pcp:
    """The lists of one CPU."""

    lists: list[list[int]]
    count: int = 0
    free_factor: int = 0


class Model:
    """Allocates and frees as the kernel does; every call names page frames."""

    def __init__(
        self,
        *,
        pages: int,
        cpus: int,
        high: int,
        batch: int,
        high_watermark: int,
        page_size: PageSize = PAGE_SIZES[4096],
        release: Release = RELEASES["v5.15"],
    ) -> None:
        self.size, self.release = page_size, release
        self.pcp_orders = [order for order in range(release.small_orders) for _ in TYPES]
        self.pcp_orders += [page_size.pageblock_order] * release.huge_lists
        self.pages, self.high, self.batch = pages, high, batch
        self.high_watermark = high_watermark
        self.free = [[[] for _ in TYPES] for _ in range(self.size.max_order + 1)]
        self.order_of_free: dict[int, int] = {}  # first page of each free block on a buddy list
        self.used: dict[int, tuple[int, int]] = {}  # first page in use: its order and type
        self.index: dict[int, int] = {}  # page->index: the type a page on a pcp list is drained as
        self.block_type = [MOVABLE] * (-(-pages // self.size.pageblock))  # memmap_init_range
        self.pcp = [Pcp([[] for _ in self.pcp_orders]) for _ in range(cpus)]
        self.boost = 0
        self.boosted_flag = False
        self.reclaim_active = False
        # calculate_normal_threshold, which counts memory in units of 128 MiB.
        per_memory = 1 + (pages >> (27 - page_size.shift)).bit_length()
        self.stat_threshold = min(125, 2 * cpus.bit_length() * per_memory)
        self.nr_free = pages
        self.remainder = [0] * cpus
        # memblock frees ascending, to the tail (__free_pages_core), the largest aligned blocks.
        page = 0
        while page < pages:
            order = next(
                o
                for o in range(self.size.max_order, -1, -1)
                if page % (1 << o) == 0 and page + (1 << o) <= pages
            )
            self.insert(page, order, self.type_of(page), tail=True)
            page += 1 << order

    # What callers see

    def alloc(self, cpu: int, order: int, kind: int) -> int | None:
        """rmqueue: the page, or None. Watermarks are not looked at."""
        page = self.alloc_pcp(cpu, order, kind) if order in self.pcp_orders else None
        if order not in self.pcp_orders:
            page = self.take(order, kind)
            if page is not None:
                self.account(cpu, -(1 << order))
        if page is not None:
            self.used[page] = (order, kind)
            self.boosted_flag = False
        return page

    def free_page(self, cpu: int, page: int) -> None:
        """__free_pages: free_unref_page for the orders that have lists, else free_one_page."""
        order, _ = self.used.pop(page)
        kind = self.type_of(page)
        if order not in self.pcp_orders:
            self.give(cpu, page, order, kind)
            return
        # free_unref_page_commit
        pcp = self.pcp[cpu]
        self.index[page] = kind
        place = self.index_of(order, kind)
        pcp.lists[place].insert(0, page)
        pcp.count += 1 << order
        at_once = self.release.free_high_orders_at_once and pcp.free_factor and 1 <= order <= 3
        threshold = 0 if at_once else self.threshold()
        if pcp.count >= threshold:
            pages = pcp.count if at_once else self.pages_to_free(pcp, threshold)
            self.bulk_free(cpu, pages, place)

    def drain(self, cpu: int) -> None:
        """drain_pages_zone: everything, in one go."""
        if self.pcp[cpu].count:
            self.bulk_free(cpu, self.pcp[cpu].count, 0)

    def fold(self, cpu: int) -> None:
        """refresh_cpu_vm_stats, for the counter of free pages."""
        self.nr_free += self.remainder[cpu]
        self.remainder[cpu] = 0

    # The lists of a CPU

    def alloc_pcp(self, cpu: int, order: int, kind: int) -> int | None:
        """rmqueue_pcplist, __rmqueue_pcplist, rmqueue_bulk."""
        pcp = self.pcp[cpu]
        pcp.free_factor >>= 1
        pages = pcp.lists[self.index_of(order, kind)]
        if not pages:
            by_order = self.release.refill_by_order and self.batch > 1
            blocks = max(self.batch >> order, 2) if by_order else self.batch
            for _ in range(blocks):
                page = self.take(order, kind)
                if page is None:
                    break
                self.index[page] = kind
                pages.append(page)
            pcp.count += len(pages) << order
            self.account(cpu, -(len(pages) << order))
        if not pages:
            return None
        pcp.count -= 1 << order
        return pages.pop(0)

    def threshold(self) -> int:
        """nr_pcp_high."""
        if self.high == 0:
            return 0
        lowered = self.reclaim_active and self.release.reclaim_lowers_high
        return min(4 * self.batch, self.high) if lowered else self.high

    def pages_to_free(self, pcp: Pcp, threshold: int) -> int:
        """nr_pcp_free."""
        if not self.release.free_factor:
            return self.batch
        if threshold < self.batch:
            return 1
        pages = self.batch << pcp.free_factor
        most = self.release.free_factor_max
        if pages < threshold - self.batch and (most is None or pcp.free_factor < most):
            pcp.free_factor += 1
        return min(max(pages, self.batch), threshold - self.batch)

    def bulk_free(self, cpu: int, pages: int, start: int) -> None:
        """free_pcppages_bulk: collects from the tails, then frees in that order."""
        pcp = self.pcp[cpu]
        left = min(pages, pcp.count)
        rule = self.from_list_in_use if self.release.from_list_in_use else self.weighted
        collected = rule(pcp, left, start)
        pcp.count -= sum(1 << order for _, order in collected)
        for page, order in collected:
            self.give(cpu, page, order, self.index.pop(page))

    def from_list_in_use(self, pcp: Pcp, left: int, start: int) -> list[tuple[int, int]]:
        """5.18 and later: the list in use until it is empty, then the next one."""
        collected = []
        for step in range(len(pcp.lists)):
            index = (start + step) % len(pcp.lists)
            while left > 0 and pcp.lists[index]:
                collected.append((pcp.lists[index].pop(), self.pcp_orders[index]))
                left -= 1 << self.pcp_orders[index]
        return collected

    def weighted(self, pcp: Pcp, left: int, start: int) -> list[tuple[int, int]]:
        """Through 5.17: round robin, each list giving as many as were looked at to reach it."""
        weight = index = 0
        collected = []
        while left > 0:
            while True:
                weight += 1
                index = (index + 1) % len(pcp.lists)
                if pcp.lists[index]:
                    break
            if weight == len(pcp.lists):
                weight = left  # the only list that is not empty
            order = self.pcp_orders[index]
            while True:
                collected.append((pcp.lists[index].pop(), order))
                left -= 1 << order
                if left <= 0:
                    break
                weight -= 1
                if weight <= 0 or not pcp.lists[index]:
                    break
        return collected

    # The buddy lists

    def take(self, order: int, kind: int) -> int | None:
        """__rmqueue: the own type first, then what another type can spare."""
        while (page := self.take_own(order, kind)) is None:
            if not self.fall_back(order, kind):
                return None
        return page

    def take_own(self, order: int, kind: int) -> int | None:
        """__rmqueue_smallest and expand: the lowest part is taken, upper halves become heads."""
        for found in range(order, self.size.max_order + 1):
            if self.free[found][kind]:
                page = self.free[found][kind][0]
                self.remove(page)
                for half in range(found - 1, order - 1, -1):
                    self.insert(page + (1 << half), half, kind, tail=False)
                return page
        return None

    def fall_back(self, order: int, kind: int) -> bool:
        """__rmqueue_fallback: True if blocks moved to lists of the type."""
        for found in range(self.size.max_order, order - 1, -1):
            other = self.other_type(found, kind)
            if other is None:
                continue
            if not self.can_steal(found, kind) and kind == MOVABLE and found > order:
                found, other = next(
                    (o, t)
                    for o in range(order, self.size.max_order + 1)
                    if (t := self.other_type(o, kind)) is not None
                )
            self.steal(self.free[found][other][0], found, kind)
            return True
        return False

    def other_type(self, order: int, kind: int) -> int | None:
        """find_suitable_fallback: the first type in order of preference with such a block."""
        return next((other for other in FALLBACKS[kind] if self.free[order][other]), None)

    def steal(self, page: int, order: int, kind: int) -> None:
        """steal_suitable_fallback."""
        if order >= self.size.pageblock_order:
            first = page // self.size.pageblock
            for block in range(first, first + (1 << (order - self.size.pageblock_order))):
                self.block_type[block] = kind
        else:
            if self.boost_watermark():
                self.boosted_flag = True
            if self.can_steal(order, kind) and self.move_pageblock(page, kind):
                return
        self.move(page, kind)

    def move_pageblock(self, page: int, kind: int) -> bool:
        """move_freepages_block, and the change of its type if enough of it is alike."""
        start = page // self.size.pageblock * self.size.pageblock
        end = start + self.size.pageblock
        if end > self.pages:
            return False
        free = movable = 0
        for block, order, owner in self.blocks_in(start, end):
            if owner is None:
                free += 1 << order
                self.move(block, kind)
            elif owner == MOVABLE:
                movable += 1 << order
        old = self.type_of(page)
        alike = (
            movable
            if kind == MOVABLE
            else self.size.pageblock - free - movable
            if old == MOVABLE
            else 0
        )
        if free + alike >= self.size.pageblock // 2:
            self.block_type[start // self.size.pageblock] = kind
        return free > 0

    def blocks_in(self, start: int, end: int) -> Iterator[tuple[int, int, int | None]]:
        """First page, order and (in use) type of each block, ascending; pcp pages left out.

        The pageblock holds a free block smaller than itself, so no block can cross its borders.
        """
        for page in range(start, end):
            if page in self.order_of_free:
                yield page, self.order_of_free[page], None
            elif page in self.used:
                yield page, *self.used[page]

    def boost_watermark(self) -> bool:
        """boost_watermark: True if it rose or stands at its limit."""
        if self.pages < self.size.pageblock * 4:
            return False
        limit = self.high_watermark * WATERMARK_BOOST_FACTOR // 10_000
        if limit == 0:
            return False
        self.boost = min(self.boost + self.size.pageblock, max(self.size.pageblock, limit))
        return True

    def give(self, cpu: int, page: int, order: int, kind: int) -> None:
        """__free_one_page: merges as far as it goes; the type given decides the list."""
        self.account(cpu, 1 << order)
        while order < self.size.max_order and self.order_of_free.get(page ^ (1 << order)) == order:
            self.remove(page ^ (1 << order))
            page &= ~(1 << order)
            order += 1
        # buddy_merge_likely: the parent's buddy is free, so keep this one for a later merge.
        parent = page & ~(1 << order)
        likely = (
            order < self.size.max_order - 1
            and self.order_of_free.get(parent ^ (1 << (order + 1))) == order + 1
        )
        self.insert(page, order, kind, tail=likely)

    def type_of(self, page: int) -> int:
        return self.block_type[page // self.size.pageblock]

    def insert(self, page: int, order: int, kind: int, *, tail: bool) -> None:
        pages = self.free[order][kind]
        pages.insert(len(pages) if tail else 0, page)
        self.order_of_free[page] = order

    def remove(self, page: int) -> None:
        order = self.order_of_free.pop(page)
        next(pages for pages in self.free[order] if page in pages).remove(page)

    def move(self, page: int, kind: int) -> None:
        """move_to_free_list: to the tail."""
        order = self.order_of_free[page]
        self.remove(page)
        self.insert(page, order, kind, tail=True)

    def account(self, cpu: int, delta: int) -> None:
        """__mod_zone_page_state of NR_FREE_PAGES."""
        changed = self.remainder[cpu] + delta
        if abs(changed) > self.stat_threshold:
            self.nr_free += changed
            changed = 0
        self.remainder[cpu] = changed

    def index_of(self, order: int, kind: int) -> int:
        """order_to_pindex."""
        if order < self.release.small_orders:
            return 3 * order + kind
        first = 3 * self.release.small_orders
        return first + {3: kind, 2: int(kind == MOVABLE), 1: 0}[self.release.huge_lists]

    def can_steal(self, order: int, kind: int) -> bool:
        """can_steal_fallback: whether the whole pageblock may be taken along."""
        return order >= self.size.pageblock_order // 2 or kind in (UNMOVABLE, RECLAIMABLE)
