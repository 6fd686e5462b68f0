"""What a report says of the warm-up."""

from dataclasses import replace

import pytest

from pcpbench.report.courses import settlings_of
from pcpbench.report.settling import settling_told
from pcpbench.statistics.pairing import Setting
from pcpbench.statistics.warm_up import Settling


def settled(report, ends, p_drift=0.5):
    arms = [(setting, label) for setting in report.settings for label in report.strategies]
    both = [
        tuple(
            Settling(metric=metric, window_ns=10, means=(1.0,), settled_ns=end, p_drift=p_drift)
            for metric in ("pages moved", "allocation latency")
        )
        for end in ends
    ]
    return replace(report, settling=dict(zip(arms, both, strict=False)))


def test_a_warm_up_that_suffices_is_told_with_the_method(report):
    told = settling_told(settled(report, [0, 100_000_000]))
    assert told.startswith("The warm-up of 100 ms suffices by MSER (White 1997)")


@pytest.mark.parametrize(
    ("end", "words"), [(250_000_000, "(after 250 ms)"), (None, "(not within the first half)")]
)
def test_what_settles_later_and_drifts_makes_the_warm_up_too_short(report, end, words):
    told = settling_told(settled(report, [0, end, 0], p_drift=1e-6))
    assert told.startswith("The warm-up of 100 ms is too short")
    assert f"pages moved in 1 of 3 combinations of strategy and setting {words}" in told
    assert "Give simulate.warm_up more" in told


def test_what_settles_later_without_a_drift_is_told_as_noise(report):
    told = settling_told(settled(report, [0, 250_000_000, 0]))
    assert told.startswith("The warm-up of 100 ms suffices")
    assert "does not differ from the rest" in told


def test_a_run_file_that_says_nothing_of_it_is_silent(report):
    assert settling_told(report) == ""
    assert settling_told(replace(report, settling={})) == ""


class Measured:
    """Stands for a run file whose cells move fewer pages at first."""

    def counters(self, cells):
        for cell in cells:
            pages = [10 + cell.seed, 90, *[100 + (i * 7) % 3 for i in range(14)]]
            counters = {"course.window_ps": 10**10}
            for i, count in enumerate(pages):
                row = {"pages": count, "calls": 1, "alloc_ps": 40}
                counters |= {f"course.{i:02d}.{kind}": value for kind, value in row.items()}
            yield counters


def test_the_rule_is_applied_to_means_over_the_first_replicates(report, make):
    cells = [result.cell for result in report.results]
    found = settlings_of(Measured(), cells)
    assert set(found) == {(Setting.of(c), c.strategy.label) for c in cells}
    pages, latency = next(iter(found.values()))
    seeds = {cell.seed for cell in cells}
    assert pages.means[0] == pytest.approx(10 + sum(seeds) / len(seeds))
    assert pages.settled_ns == 20_000_000  # two windows of 10 ms
    assert latency.settled_ns == 0
