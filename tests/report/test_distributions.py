"""Replicates put together say what one histogram of all their samples would say."""

import random

import pytest

from pcpbench.metrics.histogram import Histogram
from pcpbench.report.distributions import QUANTILES, Distribution, distributions
from pcpbench.report.merged import EVERY_CPU, merged
from pcpbench.store.measurements import measurements_from_bytes, measurements_to_bytes


def packed(counters, histograms):
    return measurements_from_bytes(measurements_to_bytes(counters, histograms))


@pytest.fixture(scope="module")
def samples():
    generator = random.Random(5)
    return [[int(generator.lognormvariate(11, 2)) for _ in range(5000)] for _ in range(3)]


def test_merging_cells_is_merging_their_samples(samples):
    cells = [packed({}, {"x": Histogram.of([values])}) for values in samples]
    found = merged(cells).histograms["x"]
    whole = Histogram.of(samples)
    assert dict(zip(found.buckets, found.counts, strict=True)) == whole.counts
    assert found.max_ps == whole.max_ps
    assert merged(cells).replicates == 3


def test_isolated_cpus_are_added_up(samples):
    latency = Histogram.of([samples[0]])
    cell = packed(
        {"cpu.2.noise_ps": 5, "cpu.13.noise_ps": 7, "alloc_calls": 3},
        {"cpu.2.alloc_latency": latency, "cpu.13.alloc_latency": latency},
    )
    both = merged([cell, cell])
    assert both.counters == {f"{EVERY_CPU}noise_ps": 24, "alloc_calls": 6}
    assert both.mean(f"{EVERY_CPU}noise_ps") == 12
    assert both.mean("never counted") == 0
    assert sum(both.histograms[f"{EVERY_CPU}alloc_latency"].counts) == 4 * latency.count


@pytest.fixture(scope="module")
def distribution(full):
    return distributions(full, full.settings[0], "alloc.latency")["new"]


def test_quantiles_are_those_of_the_histogram_of_all_samples(make, full, distribution):
    whole = Histogram()
    for seed in range(1, 11):
        own = Histogram.of([[30_000 + 100 * seed] * 50, [2_000_000, 40_000_000 * seed]])
        whole = whole.merge(own)
    assert distribution.count == whole.count == 520
    assert distribution.max_ns == whole.max_ps / 1000
    for q in (*QUANTILES, 0.0, 0.01, 0.25, 1.0):
        assert distribution.quantile_ns(q) == pytest.approx(whole.quantile_ps(q) / 1000, rel=1e-3)


def test_shares_are_in_rising_bins_and_add_up_to_one(distribution):
    bins = distribution.shares()
    assert sum(share for _, share in bins) == pytest.approx(1)
    lows = [low for low, _ in bins]
    assert lows == sorted(set(lows))
    assert min(lows) <= distribution.values_ns[0] < min(lows) * 10**0.11


def test_a_single_sample_is_all_there_is():
    one = Distribution(values_ns=[5.0], below=[1], max_ns=5.0, replicates=1)
    assert [one.quantile_ns(q) for q in (0, 0.5, 1)] == [5, 5, 5]
    assert one.shares() == [(pytest.approx(10**0.6), 1)]


def test_latencies_that_nobody_met_have_no_distribution(full):
    assert distributions(full, full.settings[0], "drain.censored") == {}
    assert distributions(full, full.settings[0], "no.such") == {}
