"""The metric is what it says, and is missing where it would divide by nothing."""

import pytest
from pcpbench_pages_per_ipi import METRIC

from pcpbench.metrics import Missing, RawMeasurements


def raw(pages, ipis):
    counters = {"drain_pages": pages, "drain_ipis": ipis}
    return RawMeasurements(counters=counters, histograms={}, isolated=())


@pytest.mark.parametrize(("pages", "ipis", "value"), [(600, 4, 150.0), (1, 8, 0.125)])
def test_pages_are_divided_by_interrupts(pages, ipis, value):
    assert METRIC.of(raw(pages, ipis)) == value


@pytest.mark.parametrize(("pages", "ipis"), [(600, 0), (0, 4), (0, 0)])
def test_without_interrupts_or_pages_it_is_missing(pages, ipis):
    assert isinstance(METRIC.of(raw(pages, ipis)), Missing)
