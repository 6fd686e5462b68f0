"""The limit of a list that tunes itself (6.7 and later): native and slow model move it alike."""

from __future__ import annotations

import pytest
from side_by_side import Both, Case, Mix, run_stream
from slow_allocator import RELEASES
from slow_allocator.releases import MOVABLE

TUNING = [name for name, release in RELEASES.items() if release.tunes_high]
ANY_TUNING = pytest.mark.parametrize("release", TUNING)


def case(release: str, **changes: object) -> Case:
    return Case(**{"release": release, "pages": 30_000, "batch": 15, "high": (60, 900), **changes})


def test_four_releases_tune_the_limit() -> None:
    assert TUNING == ["v6.7", "v6.12.y", "v6.18", "v7.2"]


@ANY_TUNING
def test_both_double_refills_while_only_allocations_come(release: str) -> None:
    """alloc_factor grows up to 5, the limit with it; one free halves the next refill."""
    both = Both(case(release))
    sizes = []
    for step in range(3000):
        before = both.model.pcp[0].count
        both.alloc(0, 0, MOVABLE)
        sizes.append(both.model.pcp[0].count - before + 1)
        both.compare_counters(0)
        if step > 2500 and step % 40 == 0:
            both.free(0, step)
            both.compare_counters(0)
    assert max(sizes) == 15 << 5
    assert both.model.pcp[0].alloc_factor < 5
    both.compare()


@ANY_TUNING
@pytest.mark.parametrize("large_cache", [False, True])
def test_both_flush_high_orders_at_once_alike(release: str, large_cache: bool) -> None:
    """Frees of orders 1 to 3 one after the other, with single pages between them or not."""
    both = Both(case(release, large_cache=large_cache, high=(200, 900)))
    for order in (1, 2, 3, 0) * 40:
        both.alloc_many(0, order, MOVABLE)
    while both.held:
        for place in (0, 1, len(both.held) // 2):
            both.free(1, place)
            both.compare_counters(1)
        both.alloc(1, len(both.held) % 3, MOVABLE)
        both.free(1, -1)
        both.free(1, -1)
    assert both.seen["flush"] > 20
    both.compare()


@ANY_TUNING
def test_both_let_a_list_decay_alike(release: str) -> None:
    both = Both(case(release, cpus=2))
    for order in (9, 0, 0, 9, 3, 0):
        both.alloc_many(0, order, MOVABLE)
    for _ in range(3):
        both.free_many(0, 0)
    high = both.model.pcp[0].high
    for _ in range(30):
        both.decay(0)
        both.compare()
    assert both.seen["decayed"] > 1
    assert both.model.pcp[0].high < high


@ANY_TUNING
def test_both_let_a_list_decay_to_what_32_batches_leave(release: str) -> None:
    """That is more than an eighth off, where a list holds more than 256 batches."""
    both = Both(case(release, cpus=2, high=(60, 6000)))
    for _ in range(100):
        both.alloc_many(0, 0, MOVABLE)
    both.set_sizes(1, 15, (6000, 6000))
    while both.model.pcp[1].count < 5900:
        both.free(1, 0)
    both.set_sizes(1, 15, (60, 6000))
    both.decay(1)
    assert both.model.pcp[1].high == both.model.pcp[1].count == 5900 - 32 * 15
    both.compare()


@ANY_TUNING
@pytest.mark.parametrize("reclaim", [False, True])
def test_both_lower_the_limit_under_shortage_and_leave_it_alike(
    release: str, reclaim: bool
) -> None:
    both = Both(case(release, marks=(2000, 2500, 3000)))
    both.reclaim(reclaim)
    run_stream(both, 7, 1500, Mix(keep=0.92, big=0.02, rare=0.0))
    assert both.seen["below high"] > 500
    assert both.seen["high fell"] > 5
    assert both.seen["flush"] > 20
    run_stream(both, 8, 500, Mix(keep=0.3, big=0.02, rare=0.0))
    assert not both.model.zone.below_high


@ANY_TUNING
def test_both_raise_the_limit_while_only_frees_come(release: str) -> None:
    both = Both(case(release))
    for _ in range(40):
        both.alloc_many(0, 0, MOVABLE)
    while both.held:
        both.free(1, len(both.held) // 2)
        both.compare_counters(1)
    assert both.seen["high rose"] > 3
    both.compare()


@ANY_TUNING
def test_both_follow_new_limits_at_the_next_use(release: str) -> None:
    """CPUs come and go, zone_pcp_disable: ``high`` follows when a list is next used."""
    both = Both(case(release))
    for limits in ((60, 900), (300, 400), (60, 60), (60, 70), (2000, 3000)):
        for cpu in range(3):
            both.set_sizes(cpu, 15, limits)
        run_stream(both, limits[0], 200, Mix(keep=0.5, big=0.1, rare=0.1))
        both.compare()
    assert both.seen["enable"] > 3
