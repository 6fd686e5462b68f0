"""The interval of a median: exact ranks, and its coverage over seeds with a known median."""

import math
import random

import pytest

from pcpbench.calibrate.estimate import median_estimate


def test_the_ranks_are_those_of_the_tables() -> None:
    # 95 % intervals for the median by order statistics (Conover, table A3): 3rd to 10th of 12,
    # 40th and 61st of 100, all of 6.
    for count, low, high in ((6, 1, 6), (12, 3, 10), (100, 40, 61)):
        estimate = median_estimate([float(i) for i in range(count, 0, -1)])
        assert (estimate.low_ns, estimate.high_ns) == (low, high)
        assert estimate.value_ns == (count + 1) / 2
        assert estimate.samples == count


def test_few_samples_give_all_that_was_seen() -> None:
    assert median_estimate([3.0]).low_ns == median_estimate([3.0]).high_ns == 3
    estimate = median_estimate([5.0, 1.0, 2.0])
    assert (estimate.low_ns, estimate.value_ns, estimate.high_ns) == (1, 2, 5)


def test_no_sample_is_no_estimate() -> None:
    with pytest.raises(ValueError, match="samples"):
        median_estimate([])


@pytest.mark.parametrize("count", [7, 25, 101])
def test_the_interval_covers_the_median_as_often_as_it_says(count: int) -> None:
    """Of a skewed distribution: exponential, median ln 2."""
    draw = random.Random(count)
    trials = 2000
    covered = 0
    for _ in range(trials):
        estimate = median_estimate([draw.expovariate(1) for _ in range(count)])
        covered += estimate.low_ns <= math.log(2) <= estimate.high_ns
    # Exact coverage is 95 % or more (up to 98.4 % with seven); three standard errors allowed.
    assert covered / trials >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / trials)
    assert covered < trials
