"""The native allocator and the Python model name the same page frames, list by list.

Both run the same random stream; each draws from what the model holds, so that a stream goes on
under shortage, fallback and reclaim. The model is written from the kernel's rules (model.py).
"""

from __future__ import annotations

import importlib.util
import random
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcpbench._native import Allocator


def load_model() -> ModuleType:
    """tests/ is no package: the model is found beside this file."""
    spec = importlib.util.spec_from_file_location("model", Path(__file__).with_name("model.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


model = load_model()
HIGH_WATERMARK = 96


def rules_of(size: Any, release: Any) -> dict[str, int]:
    """A release as the native allocator is told of it."""
    rules = {
        "page_shift": size.shift,
        "max_order": size.max_order,
        "pageblock_order": size.pageblock_order,
        "pcp_max_order": release.small_orders - 1,
        "thp_lists": release.huge_lists,
        "refill_by_order": int(release.refill_by_order),
        "free_factor": int(release.free_factor),
        "free_high_orders_at_once": int(release.free_high_orders_at_once),
        "from_list_in_use": int(release.from_list_in_use),
        "reclaim_active_batches": 4 if release.reclaim_lowers_high else 0,
    }
    limit = release.free_factor_max
    return rules if limit is None else {**rules, "free_factor_max": limit}


class Both:
    """The model and the native allocator, driven alike; each answer is compared at once."""

    def __init__(
        self,
        *,
        pages: int,
        cpus: int,
        high: int,
        batch: int,
        page_bytes: int = 4096,
        release: str = "v5.15",
    ) -> None:
        plain = {"pages": pages, "cpus": cpus, "high": high, "batch": batch}
        self.model = model.Model(
            **plain,
            high_watermark=HIGH_WATERMARK,
            page_size=model.PAGE_SIZES[page_bytes],
            release=model.RELEASES[release],
        )
        rules = rules_of(model.PAGE_SIZES[page_bytes], model.RELEASES[release])
        self.native = Allocator(**plain, watermarks=(64, 80, HIGH_WATERMARK), rules=rules)
        self.held: list[int] = []
        self.seen: Counter[str] = Counter()

    def alloc(self, cpu: int, order: int, kind: int) -> int | None:
        types = list(self.model.block_type)
        page = self.model.alloc(cpu, order, kind)
        assert self.native.alloc(cpu, order, kind) == page, ("alloc", cpu, order, kind)
        self.seen["claimed"] += types != self.model.block_type
        self.seen["alloc failed" if page is None else "alloc"] += 1
        if page is not None:
            self.held.append(page)
        return page

    def free(self, cpu: int, place: int) -> None:
        """Frees the page at that place of those held, if any."""
        if not self.held:
            return
        place %= len(self.held)
        self.held[place], self.held[-1] = self.held[-1], self.held[place]
        page = self.held.pop()
        before = self.model.pcp[cpu].count
        self.model.free_page(cpu, page)
        self.native.free(cpu, page)
        self.seen["flush"] += self.model.pcp[cpu].count <= before

    def drain(self, cpu: int) -> None:
        self.model.drain(cpu)
        self.native.drain(cpu)

    def fold(self, cpu: int) -> None:
        self.model.fold(cpu)
        self.native.fold(cpu)

    def reclaim(self, active: bool) -> None:
        self.model.reclaim_active = active
        self.native.set_reclaim_active(active)

    def compare(self) -> None:
        """Every list in order, every counter, every pageblock."""
        for cpu, pcp in enumerate(self.model.pcp):
            assert self.native.lists(cpu) == pcp.lists, f"lists of CPU {cpu}"
            assert self.native.count(cpu) == pcp.count
        assert self.native.free_areas() == self.model.free
        assert self.native.pageblock_types() == self.model.block_type
        assert self.native.free_counter() == self.model.nr_free
        assert self.native.free_pages() == self.model.nr_free + sum(self.model.remainder)
        assert self.native.boost_pages() == self.model.boost
        assert self.native.check() == ""


def run_stream(both: Both, seed: int, operations: int, *, keep: float, big: float) -> None:
    """Random calls: ``keep`` is the share of memory held on average, ``big`` that of high orders.

    Every CPU allocates and frees pages of others too; kswapd comes and goes.
    """
    draw = random.Random(seed)
    cpus = len(both.model.pcp)
    for step in range(operations):
        cpu = draw.randrange(cpus)
        used = 1 - both.native.free_pages() / both.model.pages
        kind = draw.choices(model.TYPES, (3, 6, 2))[0]
        chance = draw.random()
        if chance < 0.005:
            both.drain(cpu)
        elif chance < 0.01:
            both.fold(cpu)
        elif chance < 0.015:
            both.reclaim(draw.random() < 0.5)
        elif draw.random() < (0.7 if used < keep else 0.3):
            order = draw.randrange(both.model.size.max_order + 1) if draw.random() < big else 0
            for _ in range(draw.choice((1, 1, 2, 40))):
                both.alloc(cpu, order, kind)
        else:
            for _ in range(draw.choice((1, 1, 2, 40))):
                both.free(cpu, draw.randrange(1 << 30))
        if step % 100 == 0:
            both.compare()
    both.compare()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("keep", "big"), [(0.5, 0.05), (0.97, 0.02), (0.9, 0.3)])
def test_both_agree_over_thousands_of_calls(seed: int, keep: float, big: float) -> None:
    both = Both(pages=16 * 1024 + 300 * seed, cpus=1 + seed, high=378, batch=63)
    run_stream(both, seed, 2000, keep=keep, big=big)
    assert both.seen["alloc"] > 3000
    assert both.seen["flush"] > 5
    assert both.seen["claimed"] > 0


@pytest.mark.parametrize(("page_bytes", "batch"), [(16384, 15), (65536, 3)])
def test_both_agree_on_the_other_page_sizes_of_arm64(page_bytes: int, batch: int) -> None:
    """A pageblock is the largest block there, and statistics count memory, not pages."""
    pages = 10 * model.PAGE_SIZES[page_bytes].pageblock + 77
    for seed in range(3):
        both = Both(pages=pages, cpus=4, high=6 * batch, batch=batch, page_bytes=page_bytes)
        run_stream(both, seed, 1200, keep=0.97, big=0.2)
        assert both.seen["flush"] > 5
        assert both.seen["claimed"] > 0


@pytest.mark.parametrize("release", model.RELEASES)
@pytest.mark.parametrize(("keep", "big", "high"), [(0.6, 0.3, 700), (0.97, 0.05, 378)])
def test_both_agree_on_other_releases(release: str, keep: float, big: float, high: int) -> None:
    for seed in range(3):
        both = Both(pages=16_384, cpus=3, high=high, batch=15 + 48 * (seed > 0), release=release)
        run_stream(both, seed, 1500, keep=keep, big=big)
        assert both.seen["flush"] > 5


@pytest.mark.parametrize("release", model.RELEASES)
def test_both_grow_flushes_alike_while_nothing_is_allocated(release: str) -> None:
    """Up to the release's limit, if it has one: 3 pages << 5 or, without, high less a batch."""
    both = Both(pages=16_384, cpus=2, high=900, batch=3, release=release)
    for _ in range(9000):
        both.alloc(0, 0, model.MOVABLE)
    while both.held:
        both.free(1, 0)
        both.free(1, len(both.held) // 2)
    both.compare()


def test_streams_reach_shortage_and_claims_of_pageblocks() -> None:
    both = Both(pages=8192, cpus=3, high=100, batch=15)
    run_stream(both, 5, 3000, keep=0.99, big=0.1)
    assert both.seen["alloc failed"] > 100
    assert both.seen["claimed"] > 10
    assert both.model.boost > 0


@pytest.mark.parametrize(
    ("high", "batch"), [(0, 1), (20, 15), (63, 63), (64, 63), (100, 63), (70, 7)]
)
def test_both_agree_where_high_and_batch_are_close(high: int, batch: int) -> None:
    both = Both(pages=8192, cpus=2, high=high, batch=batch)
    run_stream(both, high, 1500, keep=0.6, big=0.1)
    # Where both are equal, nr_pcp_free says 0, and the list grows without end.
    assert both.seen["flush"] > 5 or high == batch


@pytest.mark.parametrize("release", ["v5.10", "v5.15", "v6.0", "v6.1.y"])
@pytest.mark.parametrize("seed", range(2))
def test_both_drain_any_mixture_of_lists_in_the_same_order(seed: int, release: str) -> None:
    """An exhausted list leaves the rest of its weight to the next, up to all that is left."""
    draw = random.Random(seed)
    both = Both(pages=16_384, cpus=2, high=2000, batch=63, release=release)
    orders = dict.fromkeys(both.model.pcp_orders)
    lists = [(order, kind) for order in orders for kind in model.TYPES]
    for _ in range(100):
        for order, kind in draw.sample(lists, draw.randint(2, min(5, len(lists)))):
            for _ in range(draw.randint(1, max(63 >> order, 2))):
                both.alloc(0, order, kind)
        both.drain(0)
        both.compare()
        while both.held:
            both.free(1, draw.randrange(1 << 30))
        both.drain(1)


calls = st.lists(
    st.one_of(
        st.tuples(st.just("alloc"), st.integers(0, 3), st.integers(0, 10), st.integers(0, 2)),
        st.tuples(st.just("many"), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)),
        st.tuples(st.just("free"), st.integers(0, 3), st.integers(0, 5000)),
        st.tuples(st.just("free_run"), st.integers(0, 3), st.integers(0, 5000)),
        st.tuples(st.just("drain"), st.integers(0, 3)),
        st.tuples(st.just("fold"), st.integers(0, 3)),
        st.tuples(st.just("reclaim"), st.booleans()),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    pages=st.sampled_from([700, 1024, 2048, 4096, 5000]),
    batch=st.sampled_from([1, 3, 15, 63]),
    high=st.sampled_from([0, 20, 100, 378]),
    release=st.sampled_from(sorted(model.RELEASES)),
    calls=calls,
)
def test_both_agree_on_any_calls(
    pages: int, batch: int, high: int, release: str, calls: list[Any]
) -> None:
    both = Both(pages=pages, cpus=4, high=high, batch=batch, release=release)
    for name, *arguments in calls:
        if name == "many":
            for _ in range(70):
                both.alloc(*arguments)
        elif name == "free_run":
            for _ in range(70):
                both.free(*arguments)
        else:
            getattr(both, name)(*arguments)
    both.compare()


def test_a_difference_is_noticed() -> None:
    both = Both(pages=4096, cpus=1, high=378, batch=63)
    both.native.alloc(0, 0, model.MOVABLE)
    with pytest.raises(AssertionError, match="alloc"):
        both.alloc(0, 0, model.MOVABLE)
