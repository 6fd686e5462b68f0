"""The replicates that would decide are those of published sample sizes, and do decide."""

import random

import pytest

from pcpbench.statistics import compare_cells, paired_t
from pcpbench.statistics.needed import replicates_needed


@pytest.mark.parametrize(("effect", "published"), [(0.2, 199), (0.5, 34), (0.8, 15), (1.0, 10)])
def test_sample_sizes_of_the_paired_t_test_are_the_published_ones(effect, published):
    # G*Power and R's pwr.t.test(type = "paired", power = 0.8): 198.15, 33.37, 14.30, 9.94.
    found = replicates_needed(effect, 1.0, 0.0, alpha=0.05)
    assert published <= found <= published + 2


@pytest.mark.parametrize(("mean", "limit"), [(0.0, 0.7), (0.3, 1.2), (0.9, 0.5), (0.0, 0.2)])
def test_so_many_replicates_decide_in_four_of_five_runs(mean, limit):
    n = replicates_needed(mean, 1.0, limit, alpha=0.05)
    generator = random.Random(n)
    decided = 0
    for _ in range(400):
        found = paired_t([generator.gauss(mean, 1) for _ in range(n)], limit)
        decided += min(found.p_difference, found.p_equivalence) <= 0.05
    assert decided / 400 >= 0.75


def test_a_mean_on_the_margin_of_nothing_is_never_decided():
    assert replicates_needed(0.0, 1.0, 0.0, alpha=0.05) is None
    assert replicates_needed(1e-6, 1.0, 0.0, alpha=0.05) is None


def test_inconclusive_primary_comparisons_say_how_many_and_others_do_not(make):
    results = [*make.arm("old", make.noise(0)), *make.arm("new", make.noise(0.7, seed=2))]

    def compared(primary, metrics=1):
        declared = {f"m{i}": make.metric(f"m{i}") for i in range(metrics)}
        for result in results:
            result.metrics.update(dict.fromkeys(declared, result.metrics["noise"]))
        return compare_cells(
            results, baseline="old", metrics=declared, primary=primary, margins={"m0": 0.1}
        )[0]

    found = compared(["m0"])
    assert found.verdict == "inconclusive" and found.replicates_needed > 10
    assert compared([]).replicates_needed is None
    # A larger family asks for smaller p-values, and so for more replicates.
    assert compared(["m0", "m1", "m2"], 3).replicates_needed > found.replicates_needed
