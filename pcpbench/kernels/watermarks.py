"""Decides the sizes that the kernel computes from memory: watermarks, pcp batch, pcp high.

The formulas are those of Linux for a machine without sysctl settings, v5.15 but where a function
says otherwise; the recordings' snapshots confirm them (tests/data/snapshot-zones.txt). All sizes
are base pages.
"""

from __future__ import annotations

from math import isqrt

MIN_FREE_KBYTES_LEAST = 128
MIN_FREE_KBYTES_MOST = 262_144
WATERMARK_SCALE_FACTOR = 10
PCP_TYPES = 3
MIN_PERCPU_PAGELIST_HIGH_FRACTION = 8


def min_free_kbytes(
    lowmem_pages: int, page_bytes: int, *, huge_page_zones: int = 0, pageblock_pages: int = 512
) -> int:
    """vm.min_free_kbytes as the kernel chooses it at boot, in KiB.

    ``lowmem_pages``: managed pages of all zones (the kernel subtracts their high watermarks, which
    are 0 at boot). ``huge_page_zones``: populated zones if khugepaged runs, which raises the value
    so that every zone can keep huge pages apart; 0 if it does not run.
    Source: mm/page_alloc.c:init_per_zone_wmark_min, mm/khugepaged.c:
    set_recommended_min_free_kbytes, v5.15.
    """
    kbytes_per_page = page_bytes // 1024
    kbytes = isqrt(lowmem_pages * kbytes_per_page * 16)
    kbytes = min(max(kbytes, MIN_FREE_KBYTES_LEAST), MIN_FREE_KBYTES_MOST)
    wanted = pageblock_pages * huge_page_zones * (2 + PCP_TYPES * PCP_TYPES)
    wanted = min(wanted, lowmem_pages // 20)
    return max(kbytes, wanted * kbytes_per_page)


def watermarks_from(pages_min: int, managed_pages: int, lowmem_pages: int) -> tuple[int, int, int]:
    """(min, low, high) of a zone, in pages, from min_free_kbytes given in pages.

    Source: mm/page_alloc.c:__setup_per_zone_wmarks, v5.15.
    """
    minimum = pages_min * managed_pages // lowmem_pages
    distance = max(minimum // 4, managed_pages * WATERMARK_SCALE_FACTOR // 10_000)
    return minimum, minimum + distance, minimum + 2 * distance


def zone_watermarks(
    managed_pages: int,
    page_bytes: int,
    *,
    zones: int = 1,
    huge_page_zones: int = 0,
    pageblock_pages: int = 512,
) -> tuple[int, int, int]:
    """(min, low, high) in pages of a zone, where so many zones like it are all of memory."""
    kbytes = min_free_kbytes(
        zones * managed_pages,
        page_bytes,
        huge_page_zones=huge_page_zones,
        pageblock_pages=pageblock_pages,
    )
    return watermarks_from(kbytes * 1024 // page_bytes, managed_pages, zones * managed_pages)


def zone_batch_pages(managed_pages: int, page_bytes: int) -> int:
    """Pages that a refill or a flush of a pcp list moves, at least 1.

    One less than a power of two, so that lists do not stay in step with cache colours.
    Source: mm/page_alloc.c:zone_batchsize, v5.15.
    """
    return max(_zone_batchsize(managed_pages, page_bytes), 1)


def _zone_batchsize(managed_pages: int, page_bytes: int) -> int:
    batch = min(managed_pages >> 10, (1 << 20) // page_bytes) // 4
    batch = max(batch, 1)
    return (1 << ((batch + batch // 2).bit_length() - 1)) - 1


def pcp_high_pages(low_watermark_pages: int, cpus: int, batch_pages: int) -> int:
    """Pages a CPU may hold in its lists before a free flushes some.

    ``low_watermark_pages`` includes the boost; ``cpus``: CPUs of the zone's node.
    Source: mm/page_alloc.c:zone_highsize, v5.15.
    """
    return max(low_watermark_pages // cpus, 4 * batch_pages)


def pcp_high_range_pages(
    rule: str,
    managed_pages: int,
    page_bytes: int,
    low_watermark_pages: int,
    cpus: int,
    *,
    fraction: int = 0,
    batch_pages: int = 0,
) -> tuple[int, int]:
    """The limits between which a list's ``high`` moves; equal where it does not.

    ``rule``: a preset's ``pcp_high``. ``fraction``: vm.percpu_pagelist_high_fraction, which ends
    tuning by itself; 0 for none. ``batch_pages``: 0 for the kernel's. Source:
    mm/page_alloc.c:pageset_set_batch, v5.10; zone_highsize, v5.15;
    zone_set_pageset_high_and_batch, v6.7.
    """
    batch = batch_pages or _zone_batchsize(managed_pages, page_bytes)
    if rule == "six_batches":
        return 6 * batch, 6 * batch
    pages = managed_pages // fraction if fraction else low_watermark_pages
    least = pcp_high_pages(pages, cpus, max(batch, 1))
    if rule == "low_watermark_per_cpu" or fraction:
        return least, least
    share = managed_pages // MIN_PERCPU_PAGELIST_HIGH_FRACTION
    return least, pcp_high_pages(share, cpus, max(batch, 1))
