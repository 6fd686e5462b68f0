"""The strategy keeps every rule of the conformance kit."""

import pytest
from pcpbench_split_drain import SplitDrain

from pcpbench.testing import STRATEGY_CHECKS


@pytest.mark.parametrize("check", STRATEGY_CHECKS, ids=str)
def test_it_keeps_the_rule(check):
    check(SplitDrain)


def test_it_names_who_waits():
    assert SplitDrain(within=1_000_000).limbo_ns() == 21_000_000
