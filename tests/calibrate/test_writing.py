"""The file: load_profile reads it, an experiment runs on it, and people and programs are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcpbench.calibrate.costs import profile_costs
from pcpbench.calibrate.summary import as_json, as_text
from pcpbench.calibrate.writing import profile_text
from pcpbench.errors import InputError
from pcpbench.experiment import load_experiment
from pcpbench.hardware.profile import HardwareProfile, load_profile
from pcpbench.plugin.registry import load_registry
from pcpbench.simulator.run import run_cell

EXPERIMENT = """\
format: pcpbench/1
name: mine
question: Does it work?
hardware: [my-host]
kernel: v5.15
machine: {cpus: 2, isolated: 1, nohz_full: true, isolcpus: true, memory: 64 MiB}
scenarios: {one: [{kind: repeat, cpus: housekeeping}]}
strategies: [workqueue]
baseline: workqueue
simulate: {warm_up: 1 ms, time: 5 ms}
replicates: 2
primary: [throughput_pages_per_s]
plugins: [./my-host.yaml]
"""


@pytest.fixture
def write(tmp_path, calibration, profiles):
    """Writes the profile and gives its path."""

    def to(topology_of="host", nearest="epyc-7742") -> Path:
        path = tmp_path / "my-host.yaml"
        nearest_one = profiles[nearest]
        path.write_text(
            profile_text("my-host", calibration(), nearest_one, topology_of=topology_of)
        )
        return path

    return to


def test_what_is_written_is_read_back(write, calibration, profiles) -> None:
    profile = load_profile(write())
    assert profile.name == "my-host"
    assert profile.summary == 'Some "Fast" CPU: 8, calibrated 2026-03-01'
    assert profile.clock_ghz == 4
    assert (profile.page_bytes, profile.page_sizes_bytes) == (4096, (4096,))
    assert profile.topology.cpus == 2
    assert dict(profile.costs) == profile_costs(calibration(), profiles["epyc-7742"])


def test_it_may_have_the_neighbours_shape(write, profiles) -> None:
    profile: HardwareProfile = load_profile(write("nearest", "kunpeng-920"))
    assert profile.topology == profiles["kunpeng-920"].topology


def test_an_experiment_names_the_file_and_runs_on_it(write) -> None:
    config = write().with_name("e.yaml")
    config.write_text(EXPERIMENT)
    registry = load_registry(["./my-host.yaml"], config.parent)
    assert registry.warnings == ()
    experiment = load_experiment(config, registry=registry)
    cells = list(experiment.cells())
    assert {cell.hardware for cell in cells} == {"my-host"}
    result = run_cell(cells[0], registry)
    assert result.status == "ok", result.error
    assert result.metrics["throughput_pages_per_s"] > 0


def test_a_file_in_the_place_of_a_name_is_told_where_it_belongs(write) -> None:
    config = write().with_name("e.yaml")
    config.write_text(EXPERIMENT.replace("[my-host]", "[./my-host.yaml]"))
    with pytest.raises(InputError) as raised:
        load_experiment(config, registry=load_registry())
    (problem,) = raised.value.problems
    assert problem.place == f"{config}:4:12"
    assert problem.remedy == "name the file under 'plugins' (or with -p), and here 'my-host'"


def test_the_file_begins_with_what_was_found(write) -> None:
    head = " ".join(
        line.removeprefix("# ") for line in write().read_text().splitlines() if line[:1] == "#"
    )
    assert "bench-7" in head
    assert "from epyc-7742, and marked so" in head
    assert "bare 2 [1.8, 2.2] ns. One more dependent load adds 0.1 [0.09, 0.11] ns (5 %)" in head


@pytest.mark.parametrize(
    ("overlapped_ns", "serialised_ns", "said"),
    [
        (0.1, 1.0, "it is: 0.1 [0.09, 0.11] ns overlapped and 1 [0.9, 1.1] ns serialised ("),
        (0.0, 1.0, "it is: 1 [0.9, 1.1] ns serialised, though not in the other mode ("),
        (0.0, 0.0, "it is not ("),
    ],
)
def test_the_proposals_sentence_has_a_measured_answer(
    calibration, profiles, overlapped_ns, serialised_ns, said
) -> None:
    measured = calibration(loads_ns=(overlapped_ns, serialised_ns))
    text = as_text(measured, profiles["epyc-7742"], 400)
    sentence = (
        'One more dependent load in each list access is "unlikely to be measurable", says the '
        "proposal of October 2021. In a loop made for it, "
    )
    assert f"{sentence}{said}95 % intervals)." in text


def test_large_numbers_are_told_without_an_exponent(calibration, profiles) -> None:
    (row,) = (
        line
        for line in as_text(calibration(task_wake=9999.8), profiles["epyc-7742"], 80).splitlines()
        if line.startswith("task_wake")
    )
    assert row.split()[1:] == ["10,000", "9,000", "-", "11,000"]


def test_the_answer_compares_with_a_pair_and_with_a_page_fault(calibration, profiles) -> None:
    text = as_text(calibration(), profiles["epyc-7742"], 400)
    # Two accesses: 0.2 and 2 ns of 22 + 18 + 2 * 11.4 ns; one of them in a page fault of 500 ns.
    assert "0.2 to 2 ns, 0.32 % to 3.2 % of the 63 ns of both on the lists of epyc-7742" in text
    assert "A page fault, 500 ns here, makes one allocation: 0.02 % to 0.2 % of it." in text


def test_without_a_page_fault_there_is_no_comparison_with_it(calibration, profiles) -> None:
    text = as_text(calibration("page_fault"), profiles["epyc-7742"], 80)
    assert "makes one allocation" not in text
    assert "page_fault could not be measured: it is not there" in text


def test_people_are_told_every_number(calibration, profiles) -> None:
    text = as_text(calibration(), profiles["epyc-7742"], 80)
    assert max(map(len, text.splitlines())) <= 80
    for name in calibration().numbers:
        assert f"\n{name} " in text


def test_programs_are_told_the_same(calibration, profiles) -> None:
    told = json.loads(json.dumps(as_json(calibration(), profiles["epyc-7742"], "my-host.yaml")))
    assert told["format"] == "pcpbench-calibrate/1"
    assert told["nearest"] == "epyc-7742"
    assert told["host"]["topology"]["cores_per_socket"] == 2
    (row,) = (row for row in told["measured"] if row["name"] == "l1_load")
    assert (row["value_ns"], row["samples"], row["how"]) == (1, 7, "how l1_load is done")
    measured = {row["name"] for row in told["measured"]}
    in_profile = measured & set(load_costs(profiles))
    assert in_profile | set(told["derived"]) | set(told["from_nearest"]) == load_costs(profiles)
    load = told["list_loop"]["serialised"]["dependent_load"]
    assert (load["value_ns"], load["low_place_ns"], load["high_place_ns"]) == (1, 0.5, 2)


def load_costs(profiles: dict[str, HardwareProfile]) -> set[str]:
    return set(profiles["epyc-7742"].costs)
