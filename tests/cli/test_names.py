"""Tests `pcpbench list`, `describe` and `check`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pcpbench.cli.catalogue import KINDS

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_for_programs_has_the_promised_keys(pcpbench_command: Command, kind: str) -> None:
    found = json.loads(pcpbench_command("list", kind, "--json").stdout)
    assert found
    for named in found:
        assert list(named) == ["name", "summary", "source", "origin", "parameters"]
        assert named["name"]
        assert named["summary"]
        assert named["origin"] == "built-in"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("strategies", "rcu-swap"), ("workloads", "trace"), ("hardware", "graviton2")],
)
def test_a_list_for_people_fits_the_page(pcpbench_command: Command, kind: str, name: str) -> None:
    lines = pcpbench_command("list", kind).stdout.splitlines()
    assert any(line.startswith(name) for line in lines)
    assert max(map(len, lines)) <= 100


def test_presets_are_listed_in_the_order_of_releases(pcpbench_command: Command) -> None:
    names = [
        named["name"] for named in json.loads(pcpbench_command("list", "kernels", "--json").stdout)
    ]
    assert names.index("v6.2") < names.index("v6.12.y") < names.index("v7.2")


def test_a_list_for_people_names_origins_where_they_differ(
    pcpbench_command: Command, guest: Callable[[str], Path]
) -> None:
    assert "built-in" not in pcpbench_command("list", "strategies").stdout
    assert "built-in" in pcpbench_command("list", "strategies", "-p", guest("yield")).stdout


def test_a_plugin_is_listed_with_its_origin(
    pcpbench_command: Command, guest: Callable[[str], Path]
) -> None:
    plugin = guest("yield")
    found = json.loads(pcpbench_command("list", "strategies", "--json", "-p", plugin).stdout)
    (own,) = (named for named in found if named["name"] == "guest")
    assert own["summary"] == "a strategy of a plugin"
    assert "guest_plugin.py" in own["origin"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rcu-swap", ["strategy rcu-swap (built-in)", "expedited:"]),
        ("memory-pressure", ["workload memory-pressure", "rate:", "a seed varies:"]),
        ("epyc-7742", ["hardware profile epyc-7742", "estimates"]),
        ("v5.15", ["kernel preset v5.15", "release:", "pcp_max_order", "pcp_allowed_order"]),
        ("alloc.latency_ns.p99", ["metric alloc.latency_ns.p99", "better:", "lower"]),
    ],
)
def test_every_kind_of_name_is_described(
    pcpbench_command: Command, name: str, said: list[str]
) -> None:
    text = pcpbench_command("describe", name).stdout
    for words in said:
        assert words in text


def test_check_accepts_a_sound_experiment(pcpbench_command: Command, experiment: Path) -> None:
    done = pcpbench_command("check", experiment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{experiment}: nothing is wrong; 4 cells\n"


def test_check_names_all_problems_with_their_places(
    pcpbench_command: Command, experiment: Path
) -> None:
    text = experiment.read_text().replace("cpus: 3", "cpus: many").replace("v5.15", "v5.51")
    experiment.write_text(text)
    done = pcpbench_command("check", experiment)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) >= 2
    assert all(line.startswith(f"pcpbench: error: {experiment}:") for line in lines)
    told = json.loads(pcpbench_command("check", experiment, "--json").stdout)
    assert told["format"] == "pcpbench-check/1"
    assert told["cells"] is None
    assert len(told["problems"]) == len(lines)
    assert {"thing", "place", "remedy"} == set(told["problems"][0])


def test_check_tells_programs_that_all_is_well(pcpbench_command: Command, experiment: Path) -> None:
    done = pcpbench_command("check", experiment, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["cells"], told["problems"]) == (0, 4, [])


def test_values_of_parameters_are_shown_as_experiments_write_them(
    pcpbench_command: Command,
) -> None:
    text = " ".join(pcpbench_command("describe", "memory-pressure").stdout.split())
    assert "Default 80 ms (at least 0 ns, at most 10 s)." in text
    assert "Default 5 % (at least 0 %, at most 100 %)." in text
    assert "Default 400 k/s (at least 1 k/s, at most 5 M/s)." in text
    assert "Default 512 (at least 8, at most 1,000,000)." in text
