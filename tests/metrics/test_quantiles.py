"""A quantile is shown only where enough separate samples stand behind it."""

import pytest

from pcpbench.metrics import Histogram
from pcpbench.metrics.metric import Missing
from pcpbench.metrics.quantiles import (
    CENSORED,
    CENSORED_QUANTILE,
    FEW_EPISODES,
    FEW_SAMPLES,
    NO_SAMPLES,
    STATISTICS,
    summarise,
    summarise_censored,
    worst_of,
)

NONE = Histogram()


def spread(n, start_ps=1000, step_ps=1000):
    """n different values, each in an epoch of its own."""
    return Histogram.of([[start_ps + i * step_ps] for i in range(n)])


@pytest.mark.parametrize("statistic", STATISTICS)
def test_without_samples_there_is_nothing_to_say(statistic):
    assert summarise(NONE, statistic) == NO_SAMPLES


def test_mean_and_maximum_need_one_sample():
    one = Histogram.of([[1500]])
    assert summarise(one, "mean") == 1.5
    assert summarise(one, "max") == 1.5


def test_a_median_needs_thirty_samples():
    assert summarise(spread(29), "p50") == FEW_SAMPLES
    assert summarise(spread(30), "p50") == pytest.approx(15, rel=0.005)


@pytest.mark.parametrize(("statistic", "enough"), [("p50", 30), ("p99", 1000), ("p99.9", 10_000)])
def test_a_quantile_needs_ten_episodes_beyond_it(statistic, enough):
    assert isinstance(summarise(spread(enough), statistic), float)
    if enough > 30:
        assert summarise(spread(enough - 10), statistic) == FEW_EPISODES


def test_one_long_stall_that_delays_many_calls_does_not_make_a_quantile():
    quick = [[1000] for _ in range(1000)]
    stall = [[10**9] * 500]
    assert summarise(Histogram.of(quick + stall), "p99") == FEW_EPISODES
    stalls = [[10**9] * 50 for _ in range(10)]
    assert summarise(Histogram.of(quick + stalls), "p99") == pytest.approx(10**6, rel=0.001)


def test_a_thousand_epochs_of_one_value_have_a_median():
    assert summarise(Histogram.of([[1000] for _ in range(1000)]), "p50") == 1.0


@pytest.mark.parametrize("statistic", STATISTICS)
def test_without_unfinished_drains_censoring_changes_nothing(statistic):
    completed = spread(2000)
    assert summarise_censored(completed, NONE, statistic) == summarise(completed, statistic)


def test_an_unfinished_drain_hides_mean_and_maximum():
    unfinished = Histogram.of([[5000]])
    assert summarise_censored(spread(100), unfinished, "mean") == CENSORED
    assert summarise_censored(spread(100), unfinished, "max") == CENSORED


def test_a_quantile_that_no_duration_of_the_unfinished_could_change_is_shown():
    same = Histogram.of([[1000] for _ in range(100)])
    assert summarise_censored(same, Histogram.of([[10**6]] * 3), "p50") == 1.0


def test_a_quantile_that_falls_among_the_unfinished_is_missing():
    completed, unfinished = spread(50), Histogram.of([[10**9] for _ in range(60)])
    assert summarise_censored(completed, unfinished, "p50") == CENSORED_QUANTILE


def test_a_quantile_that_an_unfinished_drain_could_push_to_another_bucket_is_missing():
    # Ended at once they would pull the median down, never ended they would push it up.
    completed, unfinished = spread(100), Histogram.of([[1] for _ in range(10)])
    assert summarise_censored(completed, unfinished, "p50") == CENSORED_QUANTILE


def test_only_unfinished_drains_have_no_quantile():
    assert summarise_censored(NONE, spread(100), "p50") == CENSORED_QUANTILE
    assert summarise_censored(NONE, spread(3), "p50") == FEW_SAMPLES


def test_the_worst_cpu_counts_and_silent_cpus_do_not():
    assert worst_of([spread(100), spread(100, start_ps=10**6), NONE], "mean") == 1049.5
    assert worst_of([NONE, NONE], "mean") == NO_SAMPLES


def test_the_worst_is_not_known_if_one_cpu_has_samples_and_no_quantile():
    assert worst_of([spread(100), spread(5)], "p50") == FEW_SAMPLES
    assert isinstance(worst_of([spread(100), spread(5)], "p50"), Missing)
