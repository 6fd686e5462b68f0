"""Decides what /proc/zoneinfo says of zones: where they lie, and the limits of their lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ZONE = re.compile(r"^Node (\d+), zone +(\w+)", re.MULTILINE)
_FIELD = r"^ +{}:? +(\d+)$"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneInfo:
    """A zone: page frames [start_pfn, end_pfn). ``batch``, ``high_min`` and ``high_max`` in pages,
    of its per-CPU lists; where the kernel does not tune ``high`` both are its one value."""

    node: int
    name: str
    start_pfn: int
    end_pfn: int
    batch: int
    high_min: int
    high_max: int


def read_zoneinfo(text: str) -> tuple[ZoneInfo, ...]:
    """The zones that span pages, in the order of the text; none if it is not such a text.

    Source: mm/vmstat.c, zoneinfo_show_print (v5.10 to v6.18)."""
    heads = list(_ZONE.finditer(text))
    zones = []
    for number, head in enumerate(heads):
        end = heads[number + 1].start() if number + 1 < len(heads) else len(text)
        part = text[head.end() : end]
        spanned = _number(part, "spanned")
        start = _number(part, "start_pfn")
        if not spanned or start is None:
            continue
        high = _number(part, "high_min") or _pageset_high(part)
        zones.append(
            ZoneInfo(
                node=int(head[1]),
                name=head[2],
                start_pfn=start,
                end_pfn=start + spanned,
                batch=_number(part, "batch") or 0,
                high_min=high,
                high_max=_number(part, "high_max") or high,
            )
        )
    return tuple(zones)


# Where x86-64 has its zones, for a recording that kept no zoneinfo; nothing is known of the lists
# (arch/x86/mm/init.c, zone_sizes_init).
X86_ZONES: Sequence[ZoneInfo] = tuple(
    ZoneInfo(node=0, name=name, start_pfn=start, end_pfn=end, batch=0, high_min=0, high_max=0)
    for name, start, end in (
        ("DMA", 0, 1 << 12),
        ("DMA32", 1 << 12, 1 << 20),
        ("Normal", 1 << 20, 1 << 32),
    )
)


def _number(part: str, key: str) -> int | None:
    found = re.search(_FIELD.format(key), part, re.MULTILINE)
    return None if found is None else int(found[1])


def _pageset_high(part: str) -> int:
    """``high`` of the first pageset; the zone's watermark of that name comes before it."""
    _, _, pagesets = part.partition("pagesets")
    return _number(pagesets, "high") or 0
