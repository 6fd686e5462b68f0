"""Policies: the rules of every shipped preset fit each other."""

import pytest

from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset

PRESETS = [load_preset(path) for path in pcpbench_kernels()]
HUGE_PAGE_LISTS = {"none": 0, "one": 1, "two": 2, "per_type": 3}


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_the_number_of_lists_follows_from_orders_and_types(preset):
    small = 3 * (preset.count("pcp_max_order") + 1)
    assert small + HUGE_PAGE_LISTS[preset.word("thp_lists")] == preset.count("pcp_lists")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_what_came_together_is_chosen_together(preset):
    # 6.7 brought the self-tuned limit, its refill, its flush and the flag at once.
    tuned = preset.word("pcp_high") == "auto_tuned"
    assert (preset.word("refill_blocks") == "alloc_factor") is tuned
    assert (preset.word("free_scaling") == "free_count") is tuned
    assert preset.flag("below_high_flag") is tuned
    # A list that may be drained from afar needs a lock, and its owner another way.
    remote = preset.word("native_strategy") != "workqueue"
    assert (preset.word("pcp_lock") == "trylock") is remote
    assert (preset.word("pcp_empty") == "buddy") is remote
    assert (preset.word("free_high_test") == "none") is not preset.flag("free_high_orders_at_once")


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_policy_has_every_rule_at_every_page_size(preset):
    policies = [list_policy(preset, size) for size in preset.page_sizes_bytes]
    assert all(policy.keys() == policies[0].keys() for policy in policies)
    assert policies[0]["max_order"] == 10


def test_a_page_size_that_a_release_lacks_is_refused():
    with pytest.raises(KeyError):
        list_policy(PRESETS[0], 8192)


def test_releases_name_themselves():
    assert [preset.name for preset in PRESETS] == [
        "v5.10.y",
        "v5.15",
        "v6.0",
        "v6.1.y",
        "v6.2",
        "v6.7",
        "v6.12.y",
        "v6.18",
        "v7.2",
    ]
