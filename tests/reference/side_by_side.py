"""Drives the slow model and the native allocator alike, and compares them after each call.

The native one gets a release's rules from its preset file, as simulations do; the model has its
own (slow_allocator/releases.py).
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from slow_allocator import PAGE_SIZES, Model
from slow_allocator.releases import TYPES

from pcpbench._native import Allocator
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset

PRESETS = {preset.name: preset for preset in map(load_preset, pcpbench_kernels())}
MANY = 70


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A zone and the sizes of its CPUs' lists. ``high``: least and most; one for older releases."""

    release: str
    pages: int = 16_384
    cpus: int = 3
    page_bytes: int = 4096
    marks: tuple[int, int, int] = (64, 80, 96)
    batch: int = 63
    high: tuple[int, int] = (378, 378)
    large_cache: bool = False


class Both:
    """The model and the native allocator. Every call says what is compared when they differ."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.model = Model(
            pages=case.pages,
            cpus=case.cpus,
            marks=case.marks,
            page_bytes=case.page_bytes,
            release=case.release,
        )
        self.native = Allocator(
            pages=case.pages,
            cpus=case.cpus,
            watermarks=case.marks,
            policy=list_policy(PRESETS[case.release], case.page_bytes),
            page_shift=PAGE_SIZES[case.page_bytes].shift,
        )
        for cpu in range(case.cpus):
            self.set_sizes(cpu, case.batch, case.high)
        self.held: list[int] = []
        self.seen: Counter[str] = Counter()

    # Calls

    def alloc(self, cpu: int, order: int, kind: int, nofragment: bool = False) -> int | None:
        types = list(self.model.zone.block_type)
        page = self.model.alloc(cpu, order, kind, nofragment)
        native = self.native.alloc(cpu, order, kind, nofragment=nofragment)
        self.seen["claimed"] += types != self.model.zone.block_type
        self.seen["below high"] += self.model.zone.below_high
        return self.hold("alloc", page, native)

    def alloc_many(self, cpu: int, order: int, kind: int) -> None:
        for _ in range(max(MANY >> order, 2)):
            self.alloc(cpu, order, kind)

    def alloc_buddy(self, cpu: int, order: int, kind: int) -> None:
        page = self.model.alloc_buddy(cpu, order, kind)
        self.hold("alloc_buddy", page, self.native.alloc_buddy(cpu, order, kind))

    def alloc_reserved(self, cpu: int, order: int, kind: int) -> None:
        page = self.model.alloc_reserved(cpu, order, kind)
        self.hold("alloc_reserved", page, self.native.alloc_reserved(cpu, order, kind))
        self.seen["reserved used"] += page is not None

    def hold(self, what: str, page: int | None, native: int | None) -> int | None:
        assert native == page, what
        self.seen["alloc failed" if page is None else "alloc"] += 1
        if page is not None:
            self.held.append(page)
        return page

    def free(self, cpu: int, place: int) -> None:
        """Frees the page at that place of those held, if any."""
        if self.held:
            page = self.pick(place)
            pcp = self.model.pcp[cpu]
            before, high = pcp.count, pcp.high
            self.model.free(cpu, page)
            self.native.free(cpu, page)
            self.seen["flush"] += pcp.count <= before
            self.seen["high fell"] += pcp.high < high
            self.seen["high rose"] += pcp.high > high

    def free_many(self, cpu: int, place: int) -> None:
        for _ in range(MANY):
            self.free(cpu, place)

    def free_buddy(self, cpu: int, place: int) -> None:
        if self.held:
            page = self.pick(place)
            self.model.free_buddy(cpu, page)
            self.native.free_buddy(cpu, page)

    def pick(self, place: int) -> int:
        place %= len(self.held)
        self.held[place], self.held[-1] = self.held[-1], self.held[place]
        return self.held.pop()

    def drain(self, cpu: int) -> None:
        self.model.drain(cpu)
        self.native.drain(cpu)

    def decay(self, cpu: int) -> None:
        before = self.model.pcp[cpu].count
        self.model.decay(cpu)
        self.native.decay(cpu)
        self.seen["decayed"] += self.model.pcp[cpu].count < before

    def fold(self, cpu: int) -> None:
        self.model.zone.fold(cpu)
        self.native.fold(cpu)

    def reserve(self, cpu: int, place: int) -> None:
        """Keeps the pageblock of a held page, which is smaller than one."""
        page = self.held[place % len(self.held)] if self.held else None
        if page is not None and self.model.zone.used[page][0] < self.model.size.pageblock_order:
            reserved = self.model.reserve(cpu, page)
            assert self.native.reserve(cpu, page) == reserved
            self.seen["reserved"] += reserved

    def unreserve(self, cpu: int, force: bool, kind: int) -> None:
        moved = self.model.unreserve(cpu, force, kind)
        assert self.native.unreserve(cpu, force, kind) == moved
        self.seen["unreserved"] += moved

    def reclaim(self, active: bool) -> None:
        self.model.zone.reclaim_active = active
        self.native.set_reclaim_active(active)

    def pressure(self, awake: bool) -> None:
        """kswapd wakes or sleeps."""
        self.model.zone.set_pressure(awake)
        self.native.set_pressure(awake)

    def set_sizes(self, cpu: int, batch: int, high: tuple[int, int]) -> None:
        """Where a list tunes itself, its ``high`` follows; elsewhere it is the second limit."""
        tuned = self.model.release.tunes_high
        least = high[0] if tuned else high[1]
        sizes = {"batch": batch, "high_min": least, "high_max": high[1]}
        self.model.pcp[cpu].set_sizes(**sizes, large_cache=self.case.large_cache)
        self.native.set_sizes(
            cpu,
            **sizes,
            large_cache=self.case.large_cache,
            high=None if tuned else high[1],
        )

    def enable(self, cpu: int, enabled: bool) -> None:
        """zone_pcp_disable, zone_pcp_enable."""
        case = self.case
        self.set_sizes(cpu, *((case.batch, case.high) if enabled else (1, (0, 0))))

    # Comparison

    def compare_counters(self, cpu: int) -> None:
        zone, pcp = self.model.zone, self.model.pcp[cpu]
        assert self.native.count(cpu) == pcp.count
        assert self.native.tuning(cpu) == {
            "high": pcp.high,
            "alloc_factor": pcp.alloc_factor,
            "free_count": pcp.free_count,
            "free_factor": pcp.free_factor,
            "previous_free_high_order": pcp.previous_free_high_order,
        }
        assert self.native.zone() == {
            "nr_free": zone.nr_free,
            "free_pages": zone.nr_free + sum(zone.remainder),
            "boost": zone.boost,
            "highatomic": zone.unusable_highatomic(),
            "stat_threshold": zone.stat_threshold,
            "below_high": zone.below_high,
            "boosted": zone.boosted,
        }

    def compare(self) -> None:
        """Every list in order, every counter, every pageblock, every watermark."""
        for cpu, pcp in enumerate(self.model.pcp):
            assert self.native.lists(cpu) == pcp.lists, f"lists of CPU {cpu}"
            self.compare_counters(cpu)
        zone = self.model.zone
        assert self.native.free_areas() == zone.free
        assert self.native.pageblock_types() == zone.block_type
        for order in range(self.model.size.max_order + 1):
            for mark in self.case.marks:
                assert self.native.watermark_ok(order, mark) == zone.watermark_ok(order, mark)
        # What was kept stands beside free buddies without merging, which the check knows not.
        assert self.native.check() == "" or self.seen["reserved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What a random stream is made of. Shares are from 0 to 1."""

    keep: float  # memory in use on average
    big: float  # calls of all orders, huge pages included; the rest are of single pages
    rare: float = 0.03  # drains, decay, kswapd, reserves, hotplug
    run: int = 40  # longest run of allocations or of frees


def run_stream(both: Both, seed: int, steps: int, mix: Mix) -> None:
    """Random calls, each from a random CPU: it frees pages of others too."""
    draw = random.Random(seed)
    for step in range(steps):
        cpu = draw.randrange(both.case.cpus)
        used = 1 - both.native.zone()["free_pages"] / both.case.pages
        if draw.random() < mix.rare:
            call_rarely(both, cpu, draw)
        elif draw.random() < (0.7 if used < mix.keep else 0.3):
            order = draw.randrange(both.model.size.max_order + 1) if draw.random() < mix.big else 0
            kind = draw.choices(TYPES, (3, 6, 2))[0]
            for _ in range(draw.choice((1, 1, 2, mix.run))):
                both.alloc(cpu, order, kind, draw.random() < 0.1)
        else:
            for _ in range(draw.choice((1, 1, 2, mix.run))):
                both.free(cpu, draw.randrange(1 << 30))
        both.compare_counters(cpu)
        if step % 50 == 0:
            both.compare()
    both.compare()


def call_rarely(both: Both, cpu: int, draw: random.Random) -> None:
    order, kind, place = draw.randrange(4), draw.choice(TYPES), draw.randrange(1 << 30)
    calls = {
        "drain": (cpu,),
        "fold": (cpu,),
        "decay": (cpu,),
        "reclaim": (draw.random() < 0.4,),
        "pressure": (draw.random() < 0.4,),
        "alloc_buddy": (cpu, order, kind),
        "alloc_reserved": (cpu, order, kind),
        "free_buddy": (cpu, place),
        "reserve": (cpu, place),
        "unreserve": (cpu, draw.random() < 0.5, kind),
        "enable": (cpu, draw.random() < 0.7),
    }
    name = draw.choice(list(calls))
    getattr(both, name)(*calls[name])
    both.seen[name] += 1
