"""The native measurements: what they give is a time, and what cannot be done is an error."""

from __future__ import annotations

import errno
import math
import os

import pytest

from pcpbench import _native as native

CPUS = sorted(os.sched_getaffinity(0))
ABSENT = 1023  # within what the kernel's CPU masks can name
two_cpus = pytest.mark.skipif(len(CPUS) < 2, reason="the process may use one CPU only")

OF_ONE_CPU = {
    "cycle": lambda cpu: native.cycle_ns(cpu, 1000),
    "atomic": lambda cpu: native.atomic_rmw_ns(cpu, 100),
    "lock": lambda cpu: native.spin_lock_pair_ns(cpu, 100),
    "entry": lambda cpu: native.system_call_ns(cpu, 10),
    "fault": lambda cpu: native.page_fault_ns(cpu, 4),
    "hand-off": lambda cpu: native.hand_off_ns(cpu, cpu, 3),
    "loads": lambda cpu: native.PointerChase(1 << 14, CPUS[0]).ns_per_load(cpu, 100),
    "list": lambda cpu: native.ListLoop(0).ns_per_pair(cpu, "indirect", False, 0, 64),
}
OF_TWO_CPUS = {
    "line": lambda cpu, other: native.line_transfer_ns(cpu, other, 10),
    "hand-off": lambda cpu, other: native.hand_off_ns(cpu, other, 3),
}


@pytest.mark.parametrize("name", OF_ONE_CPU)
def test_a_sample_is_a_time(name: str) -> None:
    assert 0 < OF_ONE_CPU[name](CPUS[-1]) < math.inf


@pytest.mark.parametrize("name", OF_ONE_CPU)
def test_a_cpu_that_is_not_there_is_an_error_of_the_system(name: str) -> None:
    with pytest.raises(OSError) as raised:
        OF_ONE_CPU[name](ABSENT)
    assert raised.value.errno == errno.EINVAL


@two_cpus
@pytest.mark.parametrize("name", OF_TWO_CPUS)
def test_a_sample_of_two_cpus_is_a_time(name: str) -> None:
    assert 0 < OF_TWO_CPUS[name](CPUS[0], CPUS[1]) < math.inf


@pytest.mark.parametrize("name", OF_TWO_CPUS)
def test_a_partner_that_is_not_there_ends_it_at_once(name: str) -> None:
    with pytest.raises(OSError, match="CPU 1023"):
        OF_TWO_CPUS[name](CPUS[0], ABSENT)


@pytest.mark.parametrize("cpu", [-1, 1 << 20])
def test_a_cpu_that_no_mask_can_name_is_an_error_too(cpu: int) -> None:
    with pytest.raises(OSError):
        native.atomic_rmw_ns(cpu, 1)


def test_a_line_does_not_move_to_where_it_is() -> None:
    with pytest.raises(ValueError, match="two CPUs"):
        native.line_transfer_ns(CPUS[0], CPUS[0], 1)


def test_the_thread_is_where_it_was_afterwards() -> None:
    before = os.sched_getaffinity(0)
    native.atomic_rmw_ns(CPUS[-1], 1)
    with pytest.raises(OSError):
        native.hand_off_ns(CPUS[0], ABSENT, 1)
    assert os.sched_getaffinity(0) == before


@two_cpus
def test_a_call_tells_what_its_target_lost() -> None:
    try:
        call_ns, target_ns, gaps = native.membarrier_call_ns(CPUS[0], CPUS[1], True, 20)
    except OSError as error:
        pytest.skip(f"no membarrier here: {error}")
    assert call_ns > 0
    assert (target_ns > 0) == (gaps > 0)


@pytest.mark.parametrize("serialised", [False, True])
@pytest.mark.parametrize("variant", ["bare", "indirect", "try_locked"])
def test_the_list_is_whole_after_any_number_of_turns(variant: str, serialised: bool) -> None:
    """A list that lost a page would end at a null pointer."""
    loop = native.ListLoop(7)
    for layout in range(loop.layouts):
        for pairs in (1, 8, 1000):
            assert loop.ns_per_pair(CPUS[0], variant, serialised, layout, pairs) > 0


def test_a_variant_or_copy_that_is_not_there_is_an_error() -> None:
    loop = native.ListLoop(0)
    with pytest.raises(ValueError, match="no list variant x"):
        loop.ns_per_pair(CPUS[0], "x", False, 0, 1)
    with pytest.raises(IndexError):
        loop.ns_per_pair(CPUS[0], "bare", False, loop.layouts, 1)
