"""Tests `pcpbench conform`: it finds what it is asked for and says what is broken."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize("name", ["spinlock-trylock", "repeat"])
def test_a_built_in_keeps_every_rule(pcpbench_command: Command, name: str) -> None:
    done = pcpbench_command("conform", name)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{name} keeps every rule\n")


def test_a_plugin_that_breaks_rules_fails_with_each_of_them(
    pcpbench_command: Command, guest: Callable[[str], Path]
) -> None:
    done = pcpbench_command("conform", guest("yield d.drain_remote(1)"))
    assert done.returncode == 1
    assert "guest breaks" in done.stdout
    words = " ".join(done.stdout.split())
    assert words.count("drain_remote needs an access with a lock") == 1
    assert words.count("the same fault") > 3
    assert "guest_plugin.py:" in words


def test_the_outcomes_for_programs(pcpbench_command: Command, guest: Callable[[str], Path]) -> None:
    done = pcpbench_command("conform", "--json", guest("yield d.scan_counts()"))
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["format"] == "pcpbench-conform/1"
    outcomes = {outcome["check"]: outcome for outcome in told["outcomes"]["guest"]}
    assert not outcomes["emptied"]["passed"]
    assert "missed" in outcomes["emptied"]["problem"]
    assert outcomes["conserved"]["passed"]
    assert outcomes["conserved"]["problem"] is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rcu-swop", "did you mean 'rcu-swap'?"),
        ("epyc-7742", "contributes no strategy and no workload"),
        ("missing.py", "there is no file"),
    ],
)
def test_a_name_that_has_no_rules_is_refused(
    pcpbench_command: Command, name: str, said: str
) -> None:
    done = pcpbench_command("conform", name)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plugin_that_cannot_be_loaded_is_named_with_its_line(
    pcpbench_command: Command, tmp_path: Path
) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text("x = 1 / 0\n")
    done = pcpbench_command("conform", str(plugin))
    assert done.returncode == 2
    assert f"{plugin}:1: ZeroDivisionError" in done.stderr
    assert "mend what the warning says" in done.stderr
