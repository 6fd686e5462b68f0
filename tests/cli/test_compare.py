"""Tests `pcpbench compare` and its gate as a user meets them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
Runs = Callable[..., str]


@pytest.fixture
def runs(pcpbench_command: Command, experiment: Path) -> Runs:
    """Makes a run file of the small experiment with some options."""

    def make(name: str, *words: object) -> str:
        done = pcpbench_command("run", experiment, "--output", f"{name}.sqlite", *words)
        assert done.returncode == 0, done.stderr
        return f"{name}.sqlite"

    return make


def compared(command: Command, *words: object) -> dict[str, object]:
    done = command("compare", *words, "--json")
    told: dict[str, object] = json.loads(done.stdout)
    assert told["format"] == "pcpbench-compare/1"
    return told


def test_equal_runs_are_paired_and_equal(pcpbench_command: Command, runs: Runs) -> None:
    told = compared(pcpbench_command, runs("a"), runs("b"), "--gate")
    comparisons = told["comparisons"]
    assert isinstance(comparisons, list) and isinstance(told["gate"], dict)
    assert {c["strategy"] for c in comparisons} == {"workqueue", "spinlock-trylock"}
    assert all(c["paired"] and c["estimate"] in (0, None) for c in comparisons)
    assert told["gate"]["verdict"] == "pass"
    text = pcpbench_command("compare", "a.sqlite", "b.sqlite")
    assert "compared seed by seed: 2 of 2 arms" in text.stdout
    assert "nothing differs: all values are equal" in text.stdout
    assert max(map(len, text.stdout.splitlines())) <= 80


def test_runs_with_other_seeds_or_cells_are_compared_as_wholes(
    pcpbench_command: Command, runs: Runs
) -> None:
    runs("a"), runs("seeds", "--seed", 50), runs("cells", "--set", "machine.memory=128 MiB")
    for other, why in (
        ("seeds", "unpaired: the runs have no common seeds"),
        ("cells", "unpaired: machine.memory_bytes is 134217728 instead of 67108864"),
    ):
        told = compared(pcpbench_command, "a.sqlite", f"{other}.sqlite")
        assert isinstance(told["comparisons"], list)
        assert all(not c["paired"] and c["n_arms"] for c in told["comparisons"] if c["n"])
        assert all(why in c["reasons"] for c in told["comparisons"])
        said = pcpbench_command("compare", "a.sqlite", f"{other}.sqlite").stdout
        assert why in " ".join(said.split())


def test_two_runs_with_nothing_in_common_are_an_error(
    pcpbench_command: Command, runs: Runs
) -> None:
    runs("a"), runs("b", "--set", "strategies=[rcu-swap]", "--set", "baseline=rcu-swap")
    done = pcpbench_command("compare", "a.sqlite", "b.sqlite")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the runs have nothing in common (strategy workqueue, spinlock-trylock" in done.stderr


def test_a_tolerance_on_the_command_line_is_what_is_gated(
    pcpbench_command: Command, runs: Runs
) -> None:
    runs("a"), runs("b", "--set", "simulate.time=10 ms")
    words = ("a.sqlite", "b.sqlite", "--gate", "--tolerance", "throughput_pages_per_s=50 %")
    gate = compared(pcpbench_command, *words)["gate"]
    assert isinstance(gate, dict) and gate["verdict"] == "pass"
    assert {(row["metric"], row["tolerance"]) for row in gate["rows"]} == {
        ("throughput_pages_per_s", 0.5)
    }


def test_a_strategy_that_needs_memory_fails_an_exact_gate(
    pcpbench_command: Command, runs: Runs, tmp_path: Path
) -> None:
    one = "strategies=[{name: workqueue, label: x}]"
    other = "strategies=[{name: spinlock-trylock, label: x}]"
    runs("a", "--set", one, "--set", "baseline=x")
    runs("b", "--set", other, "--set", "baseline=x")
    words = ("compare", "a.sqlite", "b.sqlite", "--tolerance", "memory.strategy_bytes=0 B")
    done = pcpbench_command(*words, "--gate")
    assert done.returncode == 1
    assert "Gate: fail (1 fail)" in done.stdout
    assert "the strategy differs: strategy.name is spinlock-trylock instead of workqueue" in (
        " ".join(done.stdout.split())
    )
    assert pcpbench_command(*words).returncode == 0
    written = pcpbench_command(*words, "--gate", "--junit", "gate.xml")
    assert written.returncode == 1
    suite = ElementTree.parse(tmp_path / "gate.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("1", "1", "0")
    assert suite.find("testcase/failure") is not None
    unwritable = pcpbench_command(*words, "--gate", "--junit", "/proc/1/x/gate.xml")
    assert unwritable.returncode == 5 and "cannot be written" in unwritable.stderr


def test_tolerances_come_from_a_file_too(
    pcpbench_command: Command, runs: Runs, tmp_path: Path
) -> None:
    (tmp_path / "t.yaml").write_text("throughput_pages_per_s: 3 %\n")
    told = compared(pcpbench_command, runs("a"), runs("b"), "--gate", "--tolerances", "t.yaml")
    assert isinstance(told["gate"], dict)
    assert {row["tolerance"] for row in told["gate"]["rows"]} == {0.03}


def test_a_failed_cell_is_exit_code_3(
    pcpbench_command: Command, runs: Runs, experiment: Path, guest: Callable[[str], Path]
) -> None:
    words = ("--set", "strategies=[workqueue, guest]", "--set", "drains={rate: 1 k/s}")
    plugin = guest("raise RuntimeError('no such luck'); yield")
    for name in ("a", "b"):
        pcpbench_command("run", experiment, "-p", plugin, *words, "--output", f"{name}.sqlite")
    done = pcpbench_command("compare", "a.sqlite", "b.sqlite", "--gate")
    assert done.returncode == 3
    assert "undecided" in done.stdout


def test_a_run_in_which_all_failed_is_not_compared(
    pcpbench_command: Command, runs: Runs, tmp_path: Path
) -> None:
    whole, lost = runs("a"), runs("b")
    connection = sqlite3.connect(tmp_path / "b.sqlite", isolation_level=None)
    connection.execute("UPDATE results SET status = 'failed', error = 'no luck', metrics = '{}'")
    connection.close()
    for words in ((whole, lost), (lost, whole, "--gate")):
        done = pcpbench_command("compare", *words)
        assert (done.returncode, done.stdout) == (3, "")
        (line,) = done.stderr.splitlines()
        assert "cells failed, so there is nothing to compare" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.sqlite"], "there is no such file"),
        (["small.yaml"], "not a run file"),
        (["a.sqlite", "--tolerance", "throughput_page_per_s=1 %"], "did you mean"),
        (["a.sqlite", "--tolerances", "nowhere.yaml"], "cannot be read"),
        (["a.sqlite", "--junit", "gate.xml"], "--junit is for --gate"),
    ],
)
def test_each_mistake_has_its_error(
    pcpbench_command: Command, runs: Runs, words: list[str], said: str
) -> None:
    done = pcpbench_command("compare", runs("a"), *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_gate_without_anything_to_gate_is_an_error(pcpbench_command: Command, runs: Runs) -> None:
    runs("a", "--set", "primary=[]")
    done = pcpbench_command("compare", "a.sqlite", "a.sqlite", "--gate")
    assert done.returncode == 2
    assert "there is nothing to gate" in done.stderr
