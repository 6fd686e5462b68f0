from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.experiment.cpu_list import LARGEST_CPU, parse_cpu_list, write_cpu_list
from pcpbench.placed_yaml import Entry


@pytest.mark.parametrize(
    ("value", "cpus"),
    [
        ("0-3,8", (0, 1, 2, 3, 8)),
        ("8, 0-1", (0, 1, 8)),
        ("0-2,1-3", (0, 1, 2, 3)),
        (5, (5,)),
        ("none", ()),
        ([], ()),
        ([Entry(3, "p"), Entry("0-1", "p")], (0, 1, 3)),
    ],
)
def test_cpus_are_written_as_the_kernel_writes_them(value: object, cpus: tuple[int, ...]) -> None:
    assert parse_cpu_list(value) == cpus


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("3-1", "has '3-1', which counts down"),
        ("0-", "has '0-', which is neither a CPU nor a range"),
        ("0,,1", "has '', which is neither a CPU nor a range"),
        ("-1", "has '-1', which is neither a CPU nor a range"),
        (-1, "has '-1', which is neither a CPU nor a range"),
        ("9999", f"has CPU 9999; the largest is {LARGEST_CPU}"),
        ("0-999999999", "has '0-999999999', which is neither a CPU nor a range"),
        ("٣", "has '٣', which is neither a CPU nor a range"),
        (10**100, "has '?', which is neither a CPU nor a range"),
        (True, "is not a list of CPUs"),
        (1.5, "is not a list of CPUs"),
        (None, "is not a list of CPUs"),
        ({"a": Entry(1, "p")}, "is not a list of CPUs"),
    ],
)
def test_what_is_no_set_of_cpus_is_named(value: object, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_cpu_list(value)
    assert str(caught.value) == message


@given(st.sets(st.integers(0, LARGEST_CPU)))
def test_a_written_set_reads_as_the_same_set(cpus: set[int]) -> None:
    assert parse_cpu_list(write_cpu_list(cpus)) == tuple(sorted(cpus))
