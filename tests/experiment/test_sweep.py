from __future__ import annotations

from collections.abc import Callable

import pytest

from pcpbench.experiment import Experiment

Complaints = Callable[..., list[str]]
Load = Callable[..., Experiment]


def test_a_sweep_goes_through_every_combination_the_last_path_fastest(
    load: Load, plain: str
) -> None:
    sweep = "sweep: {machine.cpus: [8, 16], scenarios.two.0.rate: [100 k/s, 1 M/s]}\n"
    experiment = load(plain + sweep)
    assert [point.sweep for point in experiment.points] == [
        (("machine.cpus", cpus), ("scenarios.two.0.rate", rate))
        for cpus in (8, 16)
        for rate in ("100 k/s", "1 M/s")
    ]
    rates = [dict(p.scenarios[1].workloads[0].parameters)["rate"] for p in experiment.points]
    assert rates == [1e5, 1e6, 1e5, 1e6]
    assert [p.machines["graviton2"].cpus for p in experiment.points] == [8, 8, 16, 16]
    assert experiment.cell_count == len(set(experiment.cells())) == 4 * 2 * 4 * 2 * 2


def test_a_swept_machine_gives_its_cpus_to_the_workloads(load: Load, plain: str) -> None:
    experiment = load(plain + "sweep: {machine.cpus: [8, 10]}\n")
    driven = [point.scenarios[0].workloads[0].cpus for point in experiment.points]
    assert driven == [(0, 1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5, 8, 9)]


def test_a_sweep_may_begin_a_section_that_is_left_out(load: Load, plain: str) -> None:
    points = load(plain + "sweep: {drains.rate: [10/s, 1 k/s]}\n").points
    assert [point.drains_per_s for point in points] == [10.0, 1000.0]


def test_a_sweep_may_be_set_from_the_command_line(load: Load, plain: str) -> None:
    points = load(plain, "sweep.machine.cpus=[8, 9, 10]").points
    assert [point.machines["epyc-7742"].cpus for point in points] == [8, 9, 10]


def test_quick_keeps_a_swept_time(load: Load, plain: str) -> None:
    points = load(plain + "sweep: {simulate.time: [1 s, 2 s]}\n", quick=True).points
    assert [point.time_ns for point in points] == [10**9, 2 * 10**9]


@pytest.mark.parametrize(
    ("sweep", "complaint"),
    [
        ("[5]", "e.yaml:23:8: 'sweep' is not a mapping; write path: [value, value] lines"),
        ("{name: [a]}", "e.yaml:23:9: 'name' cannot be swept; paths begin with one of machine, sc"),
        ("{machine.cpus: 5}", "e.yaml:23:23: sweep of machine.cpus is not a list; write [value, "),
        ("{machine.cpus: [8, 8]}", "e.yaml:23:27: sweep of machine.cpus has 8 twice; remove one"),
        ("{machine: [{cpus: 8}]}", "e.yaml:23:19: sweep of machine has no single value; write one"),
        ("{machine.cpu: [8]}", "e.yaml:23:23: 'machine' has no key 'cpu'; did you mean 'cpus'?"),
        ("{scenarios.tow.0.rate: [1/s]}", "e.yaml:23:9: 'scenarios' has no 'tow'; did you mean"),
        ("{scenarios.two.0.rate: [5 k/s, 5]}", "e.yaml:23:39: with scenarios.two.0.rate = 5: 'rat"),
        ("{machine.cpus: [8, 7]}", "e.yaml:6:30: with machine.cpus = 7: there is no CPU 7 to isol"),
    ],
)
def test_a_wrong_sweep_is_named_at_its_place(
    sweep: str, complaint: str, complaints: Complaints, plain: str
) -> None:
    told = complaints(f"{plain}sweep: {sweep}\n")
    assert len(told) == 1
    assert told[0].startswith(complaint)


def test_a_mistake_of_every_combination_is_told_once(complaints: Complaints, plain: str) -> None:
    text = plain.replace("repeat", "repaet") + "sweep: {machine.cpus: [8, 16, 32]}\n"
    assert [complaint[:43] for complaint in complaints(text)] == [
        "e.yaml:12:14: there is no workload 'repaet'"
    ]


def test_a_sweep_without_end_is_refused_before_it_is_walked(
    complaints: Complaints, plain: str
) -> None:
    values = ", ".join(f"{number} ms" for number in range(1, 200))
    axes = f"simulate.time: [{values}], simulate.warm_up: [{values}]"
    told = complaints(f"{plain}sweep: {{{axes}}}\n")
    assert told == ["e.yaml:23:8: the sweep has 39601 combinations; keep to 10000"]
