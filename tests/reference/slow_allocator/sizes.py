"""Decides the sizes of a CPU's lists from the memory of its zone."""

from __future__ import annotations

HIGH_FRACTION_MIN = 8  # MIN_PERCPU_PAGELIST_HIGH_FRACTION


def batchsize(managed: int, page_bytes: int) -> int:
    """zone_batchsize, in pages: may be 0, which counts as 1 where it is used."""
    batch = max(min(managed // 1024, 1024 * 1024 // page_bytes) // 4, 1)
    power = 1
    while power * 2 <= batch + batch // 2:
        power *= 2
    return power - 1


def highsize(pages: int, cpus: int, batch: int) -> int:
    """zone_highsize: a share of so many pages for each CPU of the node, at least 4 batches."""
    return max(pages // cpus, 4 * batch)


def limits(release: str, managed: int, page_bytes: int, low: int, cpus: int) -> tuple[int, int]:
    """zone_set_pageset_high_and_batch: between which ``high`` moves, if it does."""
    plain = batchsize(managed, page_bytes)
    batch = max(plain, 1)
    if release == "v5.10.y":  # pageset_set_batch
        return 6 * plain, 6 * plain
    least = highsize(low, cpus, batch)
    if release in ("v5.15", "v6.0", "v6.1.y", "v6.2"):
        return least, least
    return least, highsize(managed // HIGH_FRACTION_MIN, cpus, batch)
