"""Decides what a request takes when its own type has nothing left (__rmqueue)."""

from __future__ import annotations

from dataclasses import dataclass

from .releases import HIGHATOMIC, MOVABLE, RECLAIMABLE, UNMOVABLE
from .zone import Zone

FALLBACKS = {
    UNMOVABLE: (RECLAIMABLE, MOVABLE),
    MOVABLE: (RECLAIMABLE, UNMOVABLE),
    RECLAIMABLE: (UNMOVABLE, MOVABLE),
}


@dataclass(slots=True)
class Request:
    """One take, or all takes of a refill: these remember where the last one found something."""

    cpu: int
    order: int
    kind: int
    nofragment: bool = False
    stealing: bool = False  # RMQUEUE_STEAL: the own lists and claims are not looked at again


def take(zone: Zone, request: Request) -> int | None:
    """__rmqueue."""
    if zone.release.list_hygiene:
        return take_or_claim(zone, request)
    while (page := zone.take_own(request.cpu, request.order, request.kind)) is None:
        if not fall_back(zone, request):
            return None
    return page


def least_order(zone: Zone, request: Request) -> int:
    """ALLOC_NOFRAGMENT: nothing smaller than a pageblock of another type."""
    applies = (
        request.order < zone.size.pageblock_order or not zone.release.nofragment_below_pageblock
    )
    return zone.size.pageblock_order if request.nofragment and applies else request.order


def other_type(zone: Zone, order: int, kind: int) -> int | None:
    """find_suitable_fallback: the first type in order of preference with such a block."""
    return next((other for other in FALLBACKS[kind] if zone.free[order][other]), None)


def may_take_pageblock(zone: Zone, order: int, kind: int) -> bool:
    """can_steal_fallback, since 6.15 should_try_claim_block."""
    return order >= zone.size.pageblock_order // 2 or kind in (UNMOVABLE, RECLAIMABLE)


def boost(zone: Zone) -> None:
    if zone.boost_watermark():
        zone.boosted = True


def enough_alike(zone: Zone, pages: range, kind: int, old: int) -> bool:
    """Whether half of the pageblock is free or in use for the like of the type."""
    free = movable = 0
    for _, order, owner in zone.blocks_in(pages):
        if owner is None:
            free += 1 << order
        elif owner == MOVABLE:
            movable += 1 << order
    alike = 0
    if kind == MOVABLE:
        alike = movable
    elif old == MOVABLE:
        alike = zone.size.pageblock - free - movable
    return free + alike >= zone.size.pageblock // 2


# Through 6.9: the pageblock's free pages move along, then the own type is looked at again.


def fall_back(zone: Zone, request: Request) -> bool:
    """__rmqueue_fallback: True if blocks moved to lists of the type."""
    kind = request.kind
    for found in range(zone.size.max_order, least_order(zone, request) - 1, -1):
        other = other_type(zone, found, kind)
        if other is None:
            continue
        smallest = kind == MOVABLE and found > request.order
        if smallest and not may_take_pageblock(zone, found, kind):
            found, other = next(
                (o, t)
                for o in range(request.order, zone.size.max_order + 1)
                if (t := other_type(zone, o, kind)) is not None
            )
        steal_suitable(zone, request, zone.free[found][other][0], found)
        return True
    return False


def steal_suitable(zone: Zone, request: Request, page: int, order: int) -> None:
    """steal_suitable_fallback."""
    kind, old = request.kind, zone.type_of(page)
    if old == HIGHATOMIC:
        pass
    elif order >= zone.size.pageblock_order:
        zone.retype(page, order, kind)
    else:
        boost(zone)
        pages = zone.whole_pageblock(page)
        if may_take_pageblock(zone, order, kind) and pages is not None:
            alike = enough_alike(zone, pages, kind, old)
            zone.move_free_blocks(request.cpu, pages, kind)
            if alike:
                zone.retype(page, 0, kind)
            return
    zone.move(request.cpu, page, kind)


# Since 6.15: a pageblock is claimed whole, or one block is taken without a trace.


def take_or_claim(zone: Zone, request: Request) -> int | None:
    """__rmqueue, which remembers in a refill that claims have become hopeless."""
    if not request.stealing:
        page = zone.take_own(request.cpu, request.order, request.kind)
        if page is None:
            page = claim(zone, request)
        if page is not None:
            return page
    return None if request.nofragment else steal(zone, request)


def claim(zone: Zone, request: Request) -> int | None:
    """__rmqueue_claim: from the largest order down."""
    for found in range(zone.size.max_order, least_order(zone, request) - 1, -1):
        if not may_take_pageblock(zone, found, request.kind):
            return None
        other = other_type(zone, found, request.kind)
        if other is None:
            continue
        page = try_to_claim(zone, request, found, other)
        if page is not None:
            return page
    return None


def try_to_claim(zone: Zone, request: Request, found: int, other: int) -> int | None:
    """try_to_claim_block."""
    cpu, order, kind = request.cpu, request.order, request.kind
    page = zone.free[found][other][0]
    if found >= zone.size.pageblock_order:
        zone.remove(page)
        zone.account(cpu, -(1 << found), other)
        zone.retype(page, found, kind)
        zone.expand(page, found, order, kind)
        zone.account(cpu, (1 << found) - (1 << order), kind)
        return page
    boost(zone)
    pages = zone.whole_pageblock(page)
    if pages is None or not enough_alike(zone, pages, kind, other):
        return None
    zone.move_free_blocks(cpu, pages, kind)
    zone.retype(page, 0, kind)
    return zone.take_own(cpu, order, kind)


def steal(zone: Zone, request: Request) -> int | None:
    """__rmqueue_steal: the smallest block; what is left of it stays with its type."""
    for found in range(request.order, zone.size.max_order + 1):
        other = other_type(zone, found, request.kind)
        if other is not None:
            request.stealing = True
            page = zone.free[found][other][0]
            zone.remove(page)
            zone.expand(page, found, request.order, other)
            zone.account(request.cpu, -(1 << request.order), other)
            return page
    return None
