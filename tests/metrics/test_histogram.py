"""Histograms agree with a slow second way of counting, and travel without loss."""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.metrics import Histogram
from pcpbench.metrics.histogram import LARGEST_PS, bucket_bounds_ps, bucket_of

VALUES = st.one_of(st.integers(0, 2**21), st.integers(0, LARGEST_PS), st.integers(0, 2**60))
EPOCHS = st.lists(st.lists(VALUES, max_size=8), max_size=12)


def slow_edges(up_to_ps):
    """The first value of every bucket, found by walking: 64 ps wide below 2^20, then 1024 buckets
    to each doubling."""
    edges = list(range(0, 2**20, 64))
    octave = 2**20
    while octave <= up_to_ps:
        edges += [octave + step * octave // 1024 for step in range(1024)]
        octave *= 2
    return edges


@pytest.fixture(scope="module")
def edges():
    return slow_edges(LARGEST_PS)


@given(value=VALUES)
def test_a_value_is_counted_where_walking_the_edges_puts_it(edges, value):
    from bisect import bisect_right

    assert bucket_of(value) == bisect_right(edges, min(value, LARGEST_PS)) - 1


def test_the_bounds_of_every_bucket_are_the_edges(edges):
    bounds = [bucket_bounds_ps(bucket) for bucket in range(len(edges))]
    assert [low for low, _ in bounds] == edges
    assert [beyond for _, beyond in bounds] == [*edges[1:], LARGEST_PS + 1]


@given(value=st.integers(0, LARGEST_PS))
def test_a_bucket_is_at_most_a_thousandth_of_its_value_wide(value):
    low, beyond = bucket_bounds_ps(bucket_of(value))
    assert low <= value < beyond
    assert beyond - low <= max(64, value / 1000)


def test_a_negative_value_is_refused():
    with pytest.raises(ValueError, match="-1"):
        bucket_of(-1)


@given(EPOCHS)
def test_count_sum_and_ends_are_exact(epochs):
    histogram = Histogram.of(epochs)
    values = [min(v, LARGEST_PS) for epoch in epochs for v in epoch]
    assert histogram.count == len(values) == sum(histogram.counts.values())
    assert histogram.sum_ps == sum(values)
    assert (histogram.min_ps, histogram.max_ps) == (min(values, default=0), max(values, default=0))
    assert sum(histogram.episodes.values()) == sum(1 for epoch in epochs if epoch)


@given(EPOCHS, EPOCHS)
def test_merging_is_the_histogram_of_both(one, other):
    merged = Histogram.of(one).merge(Histogram.of(other))
    assert merged == Histogram.of([*one, *other])
    assert merged == Histogram.of(other).merge(Histogram.of(one))


@given(EPOCHS)
def test_json_gives_back_the_same_histogram(epochs):
    histogram = Histogram.of(epochs)
    assert Histogram.from_json(json.loads(json.dumps(histogram.to_json()))) == histogram


def test_what_the_core_hands_over_is_checked_against_its_count():
    native = {
        "counts": [(5, 1), (2, 3), (7, 0)],
        "episodes": [(5, 1)],
        "count": 4,
        "sum_ps": 900,
        "min_ps": 130,
        "max_ps": 330,
    }
    histogram = Histogram.from_native(native)
    assert list(histogram.counts.items()) == [(2, 3), (5, 1)]
    with pytest.raises(ValueError, match="add up to 4, its count is 5"):
        Histogram.from_native({**native, "count": 5})


@given(
    st.lists(st.integers(0, LARGEST_PS), min_size=1, max_size=200),
    st.sampled_from([0.0, 0.5, 0.9, 0.99, 0.999, 1.0]),
)
def test_a_quantile_is_the_sample_of_that_rank_to_half_a_bucket(values, q):
    exact = sorted(values)[max(0, -(-Fraction(str(q)) * len(values) // 1) - 1)]
    found = Histogram.of([values]).quantile_ps(q)
    assert min(values) <= found <= max(values)
    assert abs(found - exact) <= max(32, exact / 2000)


def test_ranks_take_the_decimal_at_its_word():
    histogram = Histogram.of([[1] * 1000])
    assert [histogram.rank_of(q) for q in (0.0, 0.5, 0.99, 0.999, 1.0)] == [1, 500, 990, 999, 1000]


@pytest.mark.parametrize("q", [-0.1, 1.1])
def test_a_quantile_outside_its_range_is_refused(q):
    with pytest.raises(ValueError):
        Histogram.of([[1]]).rank_of(q)


def test_an_empty_histogram_has_no_quantile():
    with pytest.raises(ValueError, match="no rank"):
        Histogram().quantile_ps(0.5)


@given(EPOCHS.filter(lambda epochs: any(epochs)), st.sampled_from([0.5, 0.9, 0.99]))
def test_episodes_beyond_a_rank_are_the_epochs_with_a_sample_after_it(epochs, q):
    histogram = Histogram.of(epochs)
    rank = histogram.rank_of(q)
    ranked = sorted(bucket_of(v) for epoch in epochs for v in epoch)
    after = ranked[rank:]
    # Samples of one bucket cannot be told apart, so the least bucket ranked after decides.
    reached = sum(bool(after) and max(map(bucket_of, e)) >= after[0] for e in epochs if e)
    assert histogram.episodes_beyond(rank) == min(reached, len(after))
