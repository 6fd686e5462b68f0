"""A warm-up is too short where what follows drifts, and not because of noise."""

import random

import pytest

from pcpbench.statistics.warm_up import Settling, settling, too_short, truncation


def test_a_series_that_begins_high_is_cut_where_it_has_come_down():
    assert truncation([90, 60, 30, 11, 10, 9, 10, 11, 9, 10, 11, 9, 10, 10, 9, 11]) == 3
    assert truncation([10, 11, 9, 10, 11, 9, 10, 10, 9, 11]) <= 2


def test_a_series_that_never_settles_says_so():
    rising = list(range(16))
    assert truncation(rising) is None
    found = settling("noise", [rising, rising], 10)
    assert found.settled_ns is None and not found.enough(1000)


def test_settling_takes_the_mean_over_seeds_and_is_beside_the_warm_up():
    one = [50, 10, 12, 8, 10, 12, 8, 10, 10, 10]
    two = [70, 10, 8, 12, 10, 8, 12, 10, 10, 10]
    found = settling("noise", [one, two], 10)
    assert found.means[:3] == (60, 10, 10)
    assert found.settled_ns == 10
    assert found.enough(10) and not found.enough(9)


@pytest.mark.parametrize(
    ("series", "why"),
    [([[1.0, None] * 8], "some windows have no value"), ([[1, 2, 3]], "too few windows")],
)
def test_a_series_with_gaps_or_too_short_is_not_judged(series, why):
    found = settling("noise", series, 10)
    assert (found.why, found.settled_ns, found.enough(10**9)) == (why, None, False)


def test_of_noise_alone_the_rule_drops_more_than_one_window_in_three_of_ten_series():
    generator = random.Random(1)
    cuts = [truncation([generator.gauss(0, 1) for _ in range(16)]) for _ in range(1000)]
    assert 0.25 <= sum(cut is None or cut > 1 for cut in cuts) / len(cuts) <= 0.35


def windows(generator, *, drift):
    """Sixteen windows of one seed, the first ones higher."""
    return [100 + drift * max(0, 8 - i) + generator.gauss(0, 1) for i in range(16)]


@pytest.mark.parametrize(("drift", "expected"), [(0.0, False), (2.0, True)])
def test_only_a_drift_that_seeds_agree_on_makes_a_warm_up_too_short(drift, expected):
    generator = random.Random(5)
    series = [windows(generator, drift=drift) for _ in range(5)]
    found = settling("pages moved", series, 10, warm_up_ns=10)
    assert too_short([found], 10) == [expected]


def test_noise_is_called_too_short_in_at_most_5_percent_of_reports():
    generator = random.Random(7)
    reports = 150
    called = 0
    for _ in range(reports):
        noise = [[windows(generator, drift=0.0) for _ in range(5)] for _ in range(4)]
        found = [settling("pages moved", series, 10, warm_up_ns=10) for series in noise]
        called += any(too_short(found, 10))
    assert called / reports <= 0.05


def test_a_drift_that_is_the_same_in_every_seed_needs_no_test():
    found = settling("pages moved", [list(range(16))] * 2, 10, warm_up_ns=20)
    assert found.p_drift == 0.0
    assert too_short([found], 20) == [True]


def test_one_seed_tells_no_drift_from_noise():
    found = settling("pages moved", [list(range(16))], 10)
    assert (found.p_drift, too_short([found], 0)) == (None, [False])


def test_what_settles_within_the_warm_up_is_never_too_short():
    early = Settling(metric="pages moved", window_ns=10, settled_ns=10, p_drift=0.0)
    assert too_short([early], 10) == [False]
