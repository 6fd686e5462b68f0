from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcpbench.errors import InputError
from pcpbench.experiment import Experiment

FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(text=st.text(max_size=200) | st.binary(max_size=200))
@FUZZ
def test_no_text_gives_anything_but_an_input_error(
    text: str | bytes, load: Callable[..., Experiment]
) -> None:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with pytest.raises(InputError):
        load(content)


VALUES = st.sampled_from(
    ["", "~", "[]", "{}", "[[]]", "{a: b}", "-1", "0", "1e9", "1.5", ".inf", "true", "x", "4 GiB"]
) | st.sampled_from(
    ["5 us", "1 %", "0-3", "2024-01-01", "!!set {a}", "? [a]", "'", "isolated", "[{kind: repeat}]"]
)


@given(line=st.integers(0, 21), value=VALUES)
@FUZZ
def test_no_line_of_an_experiment_replaced_gives_anything_but_an_input_error(
    line: int, value: str, load: Callable[..., Experiment], plain: str
) -> None:
    lines = plain.splitlines()
    key, colon, _ = lines[line].partition(":")
    lines[line] = f"{key}{colon} {value}"
    try:
        assert load("\n".join(lines)).cell_count > 0
    except InputError as error:
        assert all(problem.place and problem.remedy for problem in error.problems)


PATHS = (
    st.sampled_from(
        [
            "machine",
            "machine.cpus",
            "machine.isolated",
            "scenarios",
            "scenarios.one",
            "strategies.0",
        ]
    )
    | st.sampled_from(
        ["scenarios.one.0.rate", "strategies", "simulate", "sweep", "sweep.machine.cpus", "margins"]
    )
    | st.sampled_from(
        [
            "primary",
            "hardware",
            "hardware.0",
            "kernel.0",
            "format",
            "plugins",
            "seed",
            "name.x",
            "9",
        ]
    )
)


@given(path=PATHS | st.text(max_size=10), value=VALUES | st.text(max_size=10))
@FUZZ
def test_no_setting_gives_anything_but_an_input_error(
    path: str, value: str, load: Callable[..., Experiment], plain: str
) -> None:
    try:
        assert load(plain, f"{path}={value}").cell_count > 0
    except InputError as error:
        assert all(problem.place and problem.remedy for problem in error.problems)
