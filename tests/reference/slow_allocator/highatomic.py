"""Decides which pageblocks are kept for requests that cannot wait (MIGRATE_HIGHATOMIC)."""

from __future__ import annotations

from .releases import HIGHATOMIC, TYPES
from .zone import Zone


def most_reserved(zone: Zone) -> int:
    """About 1 % of the zone, in pages."""
    percent, block = zone.pages // 100, zone.size.pageblock
    if not zone.release.reserve_needs_percent:
        return percent + block
    return 0 if percent < block else -(-percent // block) * block


def reserve(zone: Zone, cpu: int, page: int) -> bool:
    """reserve_highatomic_pageblock, for a page smaller than a pageblock."""
    if zone.reserved_highatomic >= most_reserved(zone) or zone.type_of(page) not in TYPES:
        return False
    pages = zone.whole_pageblock(page)
    if pages is None and zone.release.list_hygiene:
        return False
    zone.reserved_highatomic += zone.size.pageblock
    zone.retype(page, 0, HIGHATOMIC)
    if pages is not None:
        zone.move_free_blocks(cpu, pages, HIGHATOMIC)
    return True


def unreserve(zone: Zone, cpu: int, force: bool, kind: int) -> bool:
    """unreserve_highatomic_pageblock: True if free pages went to the type."""
    if not force and zone.reserved_highatomic <= zone.size.pageblock:
        return False
    for order, lists in enumerate(zone.free):
        if not lists[HIGHATOMIC]:
            continue
        page = lists[HIGHATOMIC][0]
        # Through 6.9 a block may stand there after its pageblock was given back: counted once.
        if zone.release.list_hygiene or zone.type_of(page) == HIGHATOMIC:
            size = max(zone.size.pageblock, 1 << order if zone.release.list_hygiene else 0)
            zone.reserved_highatomic -= min(size, zone.reserved_highatomic)
        if zone.release.list_hygiene and order >= zone.size.pageblock_order:
            zone.move(cpu, page, kind)
            zone.retype(page, order, kind)
            return True
        zone.retype(page, 0, kind)
        pages = zone.whole_pageblock(page)
        if pages is not None and zone.move_free_blocks(cpu, pages, kind):
            return True
    return False
