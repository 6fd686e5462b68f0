"""Published numbers are checked like everything else, and kept with the run."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from pcpbench.experiment import Experiment
from pcpbench.statistics.reference import Reference

Load = Callable[..., Experiment]
Complaints = Callable[..., list[str]]
PLAIN = "{name: a, source: b, metric: alloc.latency_ns.mean, value: 112 ns}"


def reference(load: Load, plain: str, text: str) -> Reference:
    (found,) = load(f"{plain}reference:\n  - {text}\n").reference
    return found


def test_a_value_has_the_unit_of_its_metric(load: Load, plain: str) -> None:
    found = reference(load, plain, PLAIN)
    assert found == Reference(
        name="a", source="b", metric="alloc.latency_ns.mean", low=112.0, high=112.0
    )


@pytest.mark.parametrize(
    ("tolerance", "value", "relative"), [("10 %", 0.1, True), ("5 us", 5000.0, False)]
)
def test_a_tolerance_is_a_percentage_or_in_the_metrics_unit(
    load: Load, plain: str, tolerance: str, value: float, relative: bool
) -> None:
    text = PLAIN.replace("112 ns", f"[94 us, 104 us], tolerance: {tolerance}")
    found = reference(load, plain, text)
    assert (found.low, found.high) == (94_000.0, 104_000.0)
    assert (found.tolerance, found.relative) == (value, relative)


def test_a_change_is_a_percentage_against_another_strategy(load: Load, plain: str) -> None:
    text = PLAIN.replace("value: 112 ns", "change: [-0.6 %, 0 %], against: workqueue")
    found = reference(load, plain, text.replace("}", ", tolerance: 1 %}"))
    assert (found.low, found.high, found.against) == (-0.006, 0.0, "workqueue")
    assert (found.tolerance, found.relative) == (0.01, False)


def test_selectors_are_names_of_the_experiment(load: Load, plain: str) -> None:
    selectors = "hardware: graviton2, kernel: v5.15, scenario: one, strategy: rcu-swap"
    found = reference(load, plain, PLAIN.replace("}", f", {selectors}}}"))
    assert (found.hardware, found.kernel) == ("graviton2", "v5.15")
    assert (found.scenario, found.strategy) == ("one", "rcu-swap")


def test_a_swept_value_can_be_selected(load: Load, plain: str) -> None:
    sweep = "sweep: {machine.cpus: [8, 16]}\n"
    text = PLAIN.replace("}", ", sweep: {machine.cpus: 16}}")
    assert reference(load, plain + sweep, text).sweep == (("machine.cpus", 16),)


def test_references_survive_the_run_file(load: Load, plain: str) -> None:
    found = load(f"{plain}reference: [{PLAIN}]\n")
    assert Experiment.from_resolved(json.loads(json.dumps(found.resolved()))) == found
    assert load(f"{plain}reference: []\n").reference == ()


MISTAKES = {
    "misspelt metric": ("_ns.mean", "_ns.maen", "there is no metric 'alloc.latency_ns.maen'"),
    "no source": (" source: b,", "", "a reference lacks 'source'"),
    "no number": (", value: 112 ns", "", "a reference has one of 'value' and 'change'"),
    "both numbers": ("}", ", change: 1 %, against: workqueue}", "a reference has one of 'value'"),
    "no unit": ("112 ns", "112", "'value' is 112, without a unit"),
    "wrong unit": ("112 ns", "112 kB", "'value' has the unit 'kB'"),
    "change without against": ("value: 112 ns", "change: 5 %", "'change' needs 'against'"),
    "against without change": ("}", ", against: workqueue}", "'against' belongs to 'change'"),
    "range that counts down": ("112 ns", "[3 ns, 2 ns]", "'value' counts down"),
    "range of three": ("112 ns", "[1 ns, 2 ns, 3 ns]", "'value' is no range"),
    "unknown strategy": ("}", ", strategy: workqeue}", "the experiment has no strategy 'workqeue'"),
    "unknown scenario": ("}", ", scenario: three}", "the experiment has no scenario 'three'"),
    "hardware of another": ("}", ", hardware: epyc}", "the experiment has no hardware 'epyc'"),
    "sweep that is none": ("}", ", sweep: {machine.cpus: 4}}", "'sweep' of a reference has no key"),
    "negative tolerance": ("}", ", tolerance: -1 %}", "'tolerance' is -1 %"),
    "unknown key": ("}", ", sorce: c}", "a reference has no key 'sorce'; did you mean 'source'?"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_at_its_place(complaints: Complaints, plain: str, mistake: str) -> None:
    piece, instead, complaint = MISTAKES[mistake]
    assert piece in PLAIN
    found = complaints(f"{plain}reference:\n  - {PLAIN.replace(piece, instead, 1)}\n")
    assert found[0].startswith("e.yaml:24:")
    assert complaint in found[0]


def test_a_list_is_wanted(complaints: Complaints, plain: str) -> None:
    (found,) = complaints(f"{plain}reference: 5\n")
    assert "'reference' is not a list" in found
