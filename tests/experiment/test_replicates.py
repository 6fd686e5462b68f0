"""A number of replicates, or as many as the intervals of primary metrics need."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pcpbench.experiment import Experiment
from pcpbench.statistics.looks import Until

Load = Callable[..., Experiment]
UNTIL = "replicates: {min: 14, max: 80, until: {ci_width: 2 %}}"


def test_until_gives_a_least_a_most_and_a_width(load: Load, plain: str) -> None:
    found = load(plain.replace("replicates: 4", UNTIL))
    assert found.until == Until(least=14, most=80, ci_width=0.02)
    assert found.replicates == 80
    assert found.cell_count == len(list(found.cells())) == 80 * 2 * 2 * 2


def test_the_least_is_ten_if_it_is_left_out(load: Load, plain: str) -> None:
    found = load(plain, "replicates={max: 20, until: {ci_width: 5 %}}")
    assert found.until == Until(least=10, most=20, ci_width=0.05)


def test_until_survives_the_run_file(load: Load, plain: str) -> None:
    found = load(plain.replace("replicates: 4", UNTIL))
    again = Experiment.from_resolved(json.loads(json.dumps(found.resolved())))
    assert again == found


def test_a_number_on_the_command_line_replaces_until(load: Load, plain: str) -> None:
    found = load(plain.replace("replicates: 4", UNTIL), replicates=6)
    assert (found.replicates, found.until) == (6, None)


def test_a_part_of_it_can_be_set(load: Load, plain: str) -> None:
    found = load(plain.replace("replicates: 4", UNTIL), "replicates.max=20")
    assert found.until == Until(least=14, most=20, ci_width=0.02)


def test_a_first_look_needs_no_until_unless_it_is_said(load: Load, plain: str) -> None:
    text = plain.replace("replicates: 4", UNTIL)
    assert (load(text, quick=True).replicates, load(text, quick=True).until) == (3, None)
    said = load(text, "replicates.max=20", quick=True)
    assert said.until is not None and said.replicates == 20


def test_until_needs_primary_metrics(complaints: Callable[..., list[str]], plain: str) -> None:
    text = plain.replace("replicates: 4", UNTIL).replace(
        "primary: [isolated.noise_ns_per_s, throughput_pages_per_s]", "primary: []"
    )
    (complaint,) = complaints(text)
    assert complaint.startswith("e.yaml:18:13: replicates stop at the intervals of primary metrics")


@pytest.mark.parametrize("width", ["0 %", "101 %", "1 us", "-2 %"])
def test_a_width_is_a_percentage_that_can_be_reached(
    complaints: Callable[..., list[str]], plain: str, width: str
) -> None:
    (complaint,) = complaints(plain, f"replicates={{max: 20, until: {{ci_width: {width}}}}}")
    assert "until.ci_width" in complaint
