"""Which cells examine the verdicts over draws of all uncertain numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcpbench.errors import InputError
from pcpbench.experiment.sensitivity import check_sensitivity, hypercube, sensitivity_cells
from pcpbench.hardware.profile import PLACES, load_profile
from pcpbench.hardware.uncertainty import NUMBERS, is_uncertain


@pytest.fixture
def profiles(load, plain, registry):
    return {name: load_profile(registry.hardware[name]) for name in load(plain).hardware}


def test_each_part_of_each_range_has_one_draw():
    draws = hypercube(20, 1)
    for number in NUMBERS:
        parts = sorted(min(19, 20 * place[number] // PLACES) for place in draws)
        # A place on the border of two parts may be rounded to either.
        assert sum(a != b for a, b in zip(parts, range(20), strict=True)) <= 2


def test_the_draws_follow_from_the_seed():
    assert hypercube(16, 1) == hypercube(16, 1) != hypercube(16, 2)


def test_every_cell_is_drawn_and_simulated_at_the_values_first(load, plain, profiles):
    experiment = load(plain)
    first = [cell for cell in experiment.cells() if cell.seed == experiment.seed]
    cells = list(sensitivity_cells(first, profiles, 16))
    assert len(cells) == len(set(cells)) == len(first) * 17
    assert all(not cell.cost_places for cell in cells[: len(first)])
    assert all(cell.study == "sensitivity" and not cell.cost_ends for cell in cells)
    drawn = cells[len(first)]
    profile = profiles[drawn.hardware]
    assert [key for key, _ in drawn.cost_places] == [k for k in NUMBERS if is_uncertain(profile, k)]
    # Strategies of a draw share its places: that is what they are compared by.
    assert len({cell.cost_places for cell in cells if cell.hardware == drawn.hardware}) == 17


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sensitivity": 5}, "--draws: 5 draws are too few"),
        ({"primary": ()}, "--sensitivity examines verdicts on primary metrics"),
    ],
)
def test_what_cannot_be_examined_is_said(load, plain, profiles, changes, said):
    wanted = replace(load(plain), **{"sensitivity": 64, "primary": ("alloc.failures",)} | changes)
    with pytest.raises(InputError, match=said):
        check_sensitivity(wanted, profiles)


def test_profiles_without_a_range_leave_nothing_to_examine(load, plain, profiles):
    def certain(cost):
        return replace(cost, low_ns=cost.value_ns, high_ns=cost.value_ns)

    sure = {
        name: replace(
            profile,
            costs={key: certain(cost) for key, cost in profile.costs.items()},
            wake_latency_busy={k: certain(c) for k, c in profile.wake_latency_busy.items()},
        )
        for name, profile in profiles.items()
    }
    wanted = replace(load(plain), sensitivity=64, primary=("alloc.failures",))
    with pytest.raises(InputError, match="no number of the hardware profiles has a range"):
        check_sensitivity(wanted, sure)
