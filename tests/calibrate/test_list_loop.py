"""The list loop's comparison finds the known cost of a loop that is made up."""

from __future__ import annotations

import itertools
import random

import pytest

from pcpbench.calibrate.list_loop import ListLoopSamples

BARE_NS = {False: 6.0, True: 20.0}
EXTRA_NS = {"bare": 0.0, "indirect": 0.4, "try_locked": 3.0}


class MadeUp:
    """A loop whose pairs cost as above, more in some copies, and more and more with time."""

    layouts = 5

    def __init__(self, placement: int, disturbances: random.Random, drift: itertools.count) -> None:
        self.offset_ns = placement % 3
        self._disturbances = disturbances
        self._drift = drift

    def ns_per_pair(
        self, cpu: int, variant: str, serialised: bool, layout: int, pairs: int
    ) -> float:
        ns = BARE_NS[serialised] + EXTRA_NS[variant] + layout + self.offset_ns
        if layout == 2 and variant == "indirect":
            ns += 5  # one copy in which the load falls badly
        if self._disturbances.random() < 0.1:
            ns += 1000  # another task
        return ns + next(self._drift) * 1e-4


@pytest.fixture
def samples() -> ListLoopSamples:
    disturbances, drift = random.Random(3), itertools.count()
    loop = ListLoopSamples(lambda placement: MadeUp(placement, disturbances, drift), 1)
    for _ in range(40):
        loop.take()
    return loop


@pytest.mark.parametrize("mode", ["overlapped", "serialised"])
def test_what_is_added_is_found_under_disturbance_and_drift(
    samples: ListLoopSamples, mode: str
) -> None:
    result = samples.result(mode)
    # An access is half a pair; the drift within a turn is 1e-4 ns a sample.
    assert result.dependent_load.estimate.value_ns == pytest.approx(0.2, abs=2e-3)
    assert result.trylock_pair.estimate.value_ns == pytest.approx(1.5, abs=2e-3)
    bare_ns = (BARE_NS[mode == "serialised"] + 3) / 2
    assert result.bare.value_ns == pytest.approx(bare_ns, abs=1.5)


def test_a_bad_place_is_in_the_spread_and_not_in_the_estimate(samples: ListLoopSamples) -> None:
    load = samples.result("overlapped").dependent_load
    assert load.estimate.high_ns < 1
    assert load.high_place_ns >= 2.6
    assert load.low_place_ns == pytest.approx(0.2, abs=2e-3)


def test_data_lies_elsewhere_in_every_round() -> None:
    seen: list[int] = []

    def loop_at(placement: int) -> MadeUp:
        seen.append(placement % 64)
        return MadeUp(placement, random.Random(0), itertools.count())

    loop = ListLoopSamples(loop_at, 0)
    for _ in range(64):
        loop.take()
    assert sorted(seen) == list(range(64))


def test_no_round_is_no_result() -> None:
    with pytest.raises(ValueError, match="samples"):
        ListLoopSamples(lambda _: pytest.fail("not asked"), 0).result("overlapped")
