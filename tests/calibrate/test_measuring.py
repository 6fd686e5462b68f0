"""Samples are taken round by round; what fails is left out, or ends it if nothing replaces it."""

from __future__ import annotations

import errno

import pytest

from pcpbench.calibrate.measuring import gather
from pcpbench.calibrate.probes import Probe
from pcpbench.errors import EnvironmentFailed


def probe(sample, *names: str) -> Probe:
    return Probe(names=names, how=f"how {names[0]} is done", sample=sample)


def nothing(done: int, rounds: int) -> None:
    """No progress is shown."""


def test_rounds_go_through_all_probes_in_turn() -> None:
    order = []
    one = probe(lambda: order.append("one") or (1.0,), "one")
    two = probe(lambda: order.append("two") or (2.0,), "two")
    told: list[tuple[int, int]] = []
    gathered = gather([one, two], 3, lambda done, rounds: told.append((done, rounds)))
    assert order == ["one", "two"] * 3
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert gathered.numbers["two"].estimate.value_ns == 2
    assert gathered.numbers["two"].estimate.samples == 3
    assert gathered.numbers["one"].how == "how one is done"


def test_a_probe_may_give_several_numbers_and_several_may_give_one() -> None:
    pair = probe(lambda: (1.0, 10.0), "called", "lost")
    near, far = probe(lambda: (20.0,), "line"), probe(lambda: (40.0,), "line")
    numbers = gather([pair, near, far], 5, nothing).numbers
    assert numbers["lost"].estimate.value_ns == 10
    assert numbers["line"].estimate.value_ns == 30
    assert numbers["line"].estimate.samples == 10


def test_what_the_kernel_refuses_is_left_out_with_the_reason() -> None:
    calls = []

    def refused() -> tuple[float, ...]:
        calls.append(1)
        raise OSError(errno.ENOSYS, "membarrier")

    gathered = gather([probe(refused, "called", "lost"), probe(lambda: (1.0,), "x")], 4, nothing)
    assert set(gathered.numbers) == {"x"}
    assert gathered.missing == dict.fromkeys(("called", "lost"), "Function not implemented")
    assert len(calls) == 1, "it is not asked again"


@pytest.mark.parametrize(
    ("code", "why"), [(errno.EPERM, "it is not permitted here"), (errno.EINVAL, "Invalid argument")]
)
def test_a_processor_that_cannot_be_held_ends_it(code: int, why: str) -> None:
    def refused() -> tuple[float, ...]:
        raise OSError(code, "CPU 1")

    with pytest.raises(EnvironmentFailed, match=f"l1_load cannot be measured: {why}.*cpuset"):
        gather([probe(refused, "l1_load")], 2, nothing)
