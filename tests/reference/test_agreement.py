"""The native allocator and the slow model name the same page frames, list by list.

Both run the same random stream; each draws from what the model holds, so that a stream goes on
under shortage, fallback and reclaim.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from side_by_side import PRESETS, Both, Case, Mix, run_stream
from slow_allocator import PAGE_SIZES, RELEASES
from slow_allocator.releases import MOVABLE, TYPES

MIXES = {
    "half used": Mix(keep=0.5, big=0.05),
    "full": Mix(keep=0.97, big=0.02),
    "huge pages": Mix(keep=0.9, big=0.3, rare=0.06),
}
# Far from the zone's free pages, and in their midst, so that flags come and go.
MARKS = [(64, 80, 96), (700, 1000, 1500)]
ANY_RELEASE = pytest.mark.parametrize("release", RELEASES)


def test_the_model_knows_every_shipped_release() -> None:
    assert set(RELEASES) == set(PRESETS)


@ANY_RELEASE
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
def test_both_agree_over_thousands_of_calls(release: str, mix: Mix) -> None:
    for seed, marks in enumerate(MARKS):
        both = Both(Case(release=release, pages=16_384 + 300 * seed, cpus=2 + seed, marks=marks))
        run_stream(both, seed, 1000, mix)
        assert both.seen["alloc"] > 2000
        assert both.seen["claimed"] > 0
        assert both.seen["flush"] > 2


@pytest.mark.full
@ANY_RELEASE
@pytest.mark.parametrize("seed", range(20))
def test_both_agree_over_many_streams(release: str, seed: int) -> None:
    draw = random.Random(seed)
    for mix in MIXES.values():
        batch = draw.choice((1, 3, 15, 63))
        least = draw.randint(4 * batch, 12 * batch)
        case = Case(
            release=release,
            pages=draw.randint(2048, 120_000),
            cpus=draw.randint(1, 9),
            marks=draw.choice(MARKS),
            batch=batch,
            high=(least, least * draw.choice((1, 2, 10))),
            large_cache=draw.random() < 0.5,
        )
        run_stream(Both(case), seed, 2500, mix)


@ANY_RELEASE
@pytest.mark.parametrize(("page_bytes", "batch"), [(16_384, 15), (65_536, 3)])
def test_both_agree_on_the_other_page_sizes_of_arm64(
    release: str, page_bytes: int, batch: int
) -> None:
    """A pageblock is the largest block there, and statistics count memory, not pages."""
    both = Both(
        Case(
            release=release,
            pages=10 * PAGE_SIZES[page_bytes].pageblock + 77,
            cpus=4,
            page_bytes=page_bytes,
            batch=batch,
            high=(6 * batch, 20 * batch),
        )
    )
    run_stream(both, 1, 500, Mix(keep=0.97, big=0.2))
    assert both.seen["claimed"] > 0
    assert both.seen["alloc failed"] > 0


@ANY_RELEASE
def test_both_keep_and_give_back_reserves_alike(release: str) -> None:
    """HIGHATOMIC pageblocks: kept, used, freed into, fallen back on, given to other types."""
    both = Both(Case(release=release, pages=115_000 + 200, marks=MARKS[1]))
    draw = random.Random(3)
    for _ in range(40):
        for _ in range(draw.randint(1, 12)):
            both.alloc_many(draw.randrange(3), draw.randrange(4), draw.choice(TYPES))
            both.reserve(0, draw.randrange(1 << 30))
            both.alloc_reserved(1, draw.randrange(4), draw.choice(TYPES))
        for _ in range(draw.randint(1, 8)):
            both.free_many(draw.randrange(3), draw.randrange(1 << 30))
            both.unreserve(2, draw.random() < 0.3, draw.choice(TYPES))
        both.drain(draw.randrange(3))
        both.compare()
    assert both.seen["reserved"] > 2
    assert both.seen["reserved used"] > 5
    assert both.seen["unreserved"] > 1


@ANY_RELEASE
def test_both_grow_flushes_alike_while_nothing_is_allocated(release: str) -> None:
    """Up to the release's limit, if it has one: 3 pages << 5 or, without, high less a batch."""
    both = Both(Case(release=release, cpus=2, batch=3, high=(900, 900)))
    for _ in range(9000):
        both.alloc(0, 0, MOVABLE)
    while both.held:
        both.free(1, 0)
        both.free(1, len(both.held) // 2)
    both.compare()


@ANY_RELEASE
def test_both_drain_any_mixture_of_lists_in_the_same_order(release: str) -> None:
    """An exhausted list leaves the rest of its weight to the next, up to all that is left."""
    draw = random.Random(1)
    both = Both(Case(release=release, cpus=2, high=(2000, 4000)))
    orders = dict.fromkeys(both.model.pcp_orders)
    lists = [(order, kind) for order in orders for kind in TYPES]
    for _ in range(40):
        for order, kind in draw.sample(lists, draw.randint(2, min(5, len(lists)))):
            for _ in range(draw.randint(1, max(63 >> order, 2))):
                both.alloc(0, order, kind)
        both.drain(0)
        both.compare()
        while both.held:
            both.free(1, draw.randrange(1 << 30))
        both.drain(1)


@pytest.mark.parametrize("release", ["v5.15", "v6.7", "v7.2"])
@pytest.mark.parametrize(
    ("high", "batch"), [(0, 1), (20, 15), (63, 63), (64, 63), (100, 63), (70, 7)]
)
def test_both_agree_where_high_and_batch_are_close(release: str, high: int, batch: int) -> None:
    both = Both(Case(release=release, pages=8192, cpus=2, batch=batch, high=(high, high)))
    run_stream(both, high, 800, Mix(keep=0.6, big=0.1))
    # Where both are equal, nr_pcp_free says 0, and the list grows without end.
    assert both.seen["flush"] > 5 or high == batch


CPU = st.integers(0, 3)
ORDER = st.integers(0, 10)
KIND = st.sampled_from(TYPES)
PLACE = st.integers(0, 5000)
CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("alloc"), CPU, ORDER, KIND, st.booleans()),
        st.tuples(st.just("alloc_many"), CPU, st.integers(0, 3), KIND),
        st.tuples(st.just("alloc_buddy"), CPU, ORDER, KIND),
        st.tuples(st.just("alloc_reserved"), CPU, ORDER, KIND),
        st.tuples(st.just("free"), CPU, PLACE),
        st.tuples(st.just("free_many"), CPU, PLACE),
        st.tuples(st.just("free_buddy"), CPU, PLACE),
        st.tuples(st.just("reserve"), CPU, PLACE),
        st.tuples(st.just("unreserve"), CPU, st.booleans(), KIND),
        st.tuples(st.sampled_from(["drain", "fold", "decay"]), CPU),
        st.tuples(st.sampled_from(["reclaim", "pressure"]), st.booleans()),
        st.tuples(st.just("enable"), CPU, st.booleans()),
    ),
    max_size=60,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    batch = draw(st.sampled_from([1, 3, 15, 63]))
    least = 4 * batch + draw(st.sampled_from([0, 1, 40, 300]))
    return Case(
        release=draw(st.sampled_from(sorted(RELEASES))),
        pages=draw(st.sampled_from([700, 1024, 2048, 4096, 5000, 52_000])),
        cpus=4,
        marks=draw(st.sampled_from([*MARKS, (0, 0, 0)])),
        batch=batch,
        high=(least, least + draw(st.sampled_from([0, 1, 200, 3000]))),
        large_cache=draw(st.booleans()),
    )


def agree_on(case: Case, calls: list[Any]) -> None:
    both = Both(case)
    for name, *arguments in calls:
        getattr(both, name)(*arguments)
        both.compare()


ANY_TIME = [HealthCheck.too_slow]


@settings(max_examples=40, deadline=None, suppress_health_check=ANY_TIME)
@given(case=cases(), calls=CALLS)
def test_both_agree_after_each_of_any_calls(case: Case, calls: list[Any]) -> None:
    agree_on(case, calls)


@pytest.mark.full
@settings(max_examples=4000, deadline=None, suppress_health_check=ANY_TIME)
@given(case=cases(), calls=CALLS)
def test_both_agree_after_each_of_any_calls_at_length(case: Case, calls: list[Any]) -> None:
    agree_on(case, calls)


def test_a_zone_without_a_drift_mark_keeps_its_threshold_while_kswapd_is_awake() -> None:
    both = Both(Case(release="v7.2", marks=MARKS[1]))
    before = both.native.zone()["stat_threshold"]
    both.pressure(awake=True)
    both.compare()
    assert both.native.zone()["stat_threshold"] == before


def test_a_difference_is_noticed() -> None:
    both = Both(Case(release="v5.15", pages=4096, cpus=1))
    both.native.alloc(0, 0, MOVABLE)
    with pytest.raises(AssertionError, match="alloc"):
        both.alloc(0, 0, MOVABLE)
