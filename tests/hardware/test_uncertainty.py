"""Groups of uncertain numbers: every cost key is in exactly one."""

from __future__ import annotations

from collections import Counter

from pcpbench.hardware.cost_keys import COST_MEANINGS
from pcpbench.hardware.profile import load_profile
from pcpbench.hardware.uncertainty import GROUPS, WAKE_LATENCY, end_of, uncertain_groups
from pcpbench.plugin.registry import load_registry


def test_every_cost_is_in_exactly_one_group():
    counted = Counter(key for keys in GROUPS.values() for key in keys)
    assert set(counted) == {*COST_MEANINGS, WAKE_LATENCY}
    assert set(counted.values()) == {1}


def test_each_uncertain_group_has_two_ends():
    profile = load_profile(load_registry().hardware["epyc-7742"])
    ends = list(uncertain_groups(profile))
    assert ("kworkers", "low") in ends and ("kworkers", "high") in ends
    assert len(ends) == len(set(ends))


def test_a_key_takes_the_end_of_its_group_and_of_no_other():
    assert end_of("ipi_flight", {"interrupts": "high"}) == "high"
    assert end_of("ipi_flight", {"kworkers": "low"}) == "value"
    assert end_of(WAKE_LATENCY, {"kworkers": "low"}) == "low"
