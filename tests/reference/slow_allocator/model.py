"""Decides what each call of the allocator does: which rule comes when."""

from __future__ import annotations

from . import emptying, highatomic
from .fallback import Request, take
from .pcp import Pcp, index_of, orders_of_lists
from .releases import HIGHATOMIC, PAGE_SIZES, RELEASES
from .zone import Marks, Zone


class Model:
    """Allocates and frees as the kernel does; every call names page frames."""

    def __init__(
        self,
        *,
        pages: int,
        cpus: int,
        marks: tuple[int, int, int],
        page_bytes: int = 4096,
        release: str = "v5.15",
    ) -> None:
        self.size, self.release = PAGE_SIZES[page_bytes], RELEASES[release]
        self.zone = Zone(
            pages=pages, cpus=cpus, marks=Marks(*marks), size=self.size, release=self.release
        )
        self.pcp_orders = orders_of_lists(self.release, self.size)
        self.pcp = [Pcp(self.zone, [[] for _ in self.pcp_orders]) for _ in range(cpus)]
        self.index: dict[int, int] = {}  # page->index: the type a page on a pcp list is drained as

    # Allocations. None: nothing found. Only the high watermark is looked at, and it refuses none.

    def alloc(self, cpu: int, order: int, kind: int, nofragment: bool) -> int | None:
        """get_page_from_freelist and rmqueue."""
        self.zone.look_at_high(order)
        request = Request(cpu, order, kind, nofragment)
        page = None
        if order in self.pcp_orders:
            page = self.take_listed(request)
        if order not in self.pcp_orders or (page is None and self.release.buddy_when_empty):
            page = self.take_block(Request(cpu, order, kind, nofragment))
        return self.use(page, order, kind)

    def alloc_buddy(self, cpu: int, order: int, kind: int) -> int | None:
        """rmqueue_buddy, where the trylock of the lists failed."""
        return self.use(self.take_block(Request(cpu, order, kind)), order, kind)

    def alloc_reserved(self, cpu: int, order: int, kind: int) -> int | None:
        """rmqueue_buddy, its look at the HIGHATOMIC lists."""
        page = self.zone.take_own(cpu, order, HIGHATOMIC)
        if page is not None and not self.release.list_hygiene:
            self.account_taken(cpu, 1 << order)
        return self.use(page, order, kind)

    def use(self, page: int | None, order: int, kind: int) -> int | None:
        if page is not None:
            self.zone.used[page] = (order, kind)
            self.zone.boosted = False
        return page

    def take_block(self, request: Request) -> int | None:
        page = take(self.zone, request)
        if page is not None and not self.release.list_hygiene:
            self.account_taken(request.cpu, 1 << request.order)
        return page

    def account_taken(self, cpu: int, pages: int) -> None:
        """Through 6.9 at the end of a take or refill, whatever list it was from."""
        self.zone.account(cpu, -pages, kind=0)

    def take_listed(self, request: Request) -> int | None:
        """rmqueue_pcplist, __rmqueue_pcplist, rmqueue_bulk."""
        pcp = self.pcp[request.cpu]
        pcp.start_allocation()
        pages = pcp.lists[index_of(self.release, request.order, request.kind)]
        if not pages:
            for _ in range(pcp.refill_blocks(request.order)):
                page = take(self.zone, request)
                if page is None:
                    break
                self.index[page] = request.kind
                pages.append(page)
            refilled = len(pages) << request.order
            pcp.count += refilled
            if not self.release.list_hygiene:
                self.account_taken(request.cpu, refilled)
        if not pages:
            return None
        pcp.count -= 1 << request.order
        del self.index[pages[0]]
        return pages.pop(0)

    # Frees

    def free(self, cpu: int, page: int) -> None:
        """__free_pages: free_unref_page for the orders that have lists, else free_one_page."""
        order, _ = self.zone.used[page]
        if order not in self.pcp_orders:
            self.free_buddy(cpu, page)
            return
        del self.zone.used[page]
        kind = self.zone.type_of(page)
        place = index_of(self.release, order, kind)
        pcp = self.pcp[cpu]
        self.index[page] = kind
        pcp.lists[place].insert(0, page)
        pcp.count += 1 << order
        flushed = pcp.pages_to_flush(order)
        if flushed > 0:
            self.empty(cpu, flushed, place, by_batch=self.release.flush_by_batch)
            self.zone.leave_below_high()

    def free_buddy(self, cpu: int, page: int) -> None:
        """free_one_page, also where the trylock of the lists failed."""
        order, _ = self.zone.used.pop(page)
        self.zone.give_block(cpu, page, order)

    def drain(self, cpu: int) -> None:
        """drain_pages_zone: everything. In how many holds of the list shows in nothing here."""
        self.bulk_free(cpu, self.pcp[cpu].count, 0)

    def decay(self, cpu: int) -> None:
        """decay_pcp_high."""
        if self.release.tunes_high:
            self.empty(cpu, self.pcp[cpu].decay(), 0, by_batch=self.release.decay_by_batch)

    def empty(self, cpu: int, pages: int, start: int, *, by_batch: bool) -> None:
        """What goes above the number in one hold is not taken off the next."""
        while pages > 0:
            part = min(pages, self.pcp[cpu].batch) if by_batch else pages
            self.bulk_free(cpu, part, start)
            pages -= part

    def bulk_free(self, cpu: int, pages: int, start: int) -> None:
        """free_pcppages_bulk: collects from the tails, then frees in that order."""
        pcp = self.pcp[cpu]
        left = min(pages, pcp.count)
        if self.release.from_list_in_use:
            blocks = emptying.from_list_in_use(pcp.lists, self.pcp_orders, left, start)
        else:
            blocks = emptying.weighted(pcp.lists, self.pcp_orders, left)
        pcp.count -= sum(1 << order for _, order in blocks)
        for page, order in blocks:
            remembered = self.index.pop(page)
            hygiene = self.release.list_hygiene
            self.zone.give(cpu, page, order, self.zone.type_of(page) if hygiene else remembered)

    # The rest

    def reserve(self, cpu: int, page: int) -> bool:
        return highatomic.reserve(self.zone, cpu, page)

    def unreserve(self, cpu: int, force: bool, kind: int) -> bool:
        return highatomic.unreserve(self.zone, cpu, force, kind)
