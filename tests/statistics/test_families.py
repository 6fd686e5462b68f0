"""Adjusted p-values agree with published ones, and keep their promises."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.statistics import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), max_size=30)
# The 15 p-values of Benjamini & Hochberg 1995, and what the documentation of
# scipy.stats.false_discovery_control prints for them.
NEUHAUS = [
    *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344),
    *(0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000),
]
NEUHAUS_BH = [
    *(0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.06385714, 0.06385714, 0.0645),
    *(0.0765, 0.486, 0.58118182, 0.714875, 0.75323077, 0.81321429, 1.0),
]


def test_benjamini_hochberg_gives_the_values_of_scipys_documentation():
    assert benjamini_hochberg(NEUHAUS) == pytest.approx(NEUHAUS_BH, abs=5e-9)


@given(P_VALUES)
def test_benjamini_hochberg_agrees_with_scipy(p_values):
    from scipy.stats import false_discovery_control

    assert benjamini_hochberg(p_values) == pytest.approx(list(false_discovery_control(p_values)))


def test_holm_gives_the_published_values_of_r_compatible_software():
    # Documentation of @stdlib/stats padjust, method "holm", which is tested against p.adjust.
    assert holm([0.319, 0.201, 0.4, 0.374, 0.113]) == pytest.approx(
        [0.957, 0.804, 0.957, 0.957, 0.565]
    )


def test_holm_multiplies_the_smallest_by_all_the_next_by_one_less():
    assert holm([0.01, 0.02, 0.03]) == pytest.approx([0.03, 0.04, 0.04])


@given(P_VALUES, st.integers(0, 5))
def test_untested_members_of_a_family_count_as_one(p_values, untested):
    assert (
        holm(p_values, untested=untested) == holm([*p_values, *[1.0] * untested])[: len(p_values)]
    )


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@given(p_values=P_VALUES)
def test_adjusting_never_lowers_a_p_value_and_keeps_their_order(adjust, p_values):
    adjusted = adjust(p_values)
    assert all(p <= a * (1 + 1e-12) and a <= 1 for p, a in zip(p_values, adjusted, strict=True))
    by_p = [a for _, a in sorted(zip(p_values, adjusted, strict=True))]
    assert by_p == sorted(by_p)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(adjust, wrong):
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([0.5, wrong])
