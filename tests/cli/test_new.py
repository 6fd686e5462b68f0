"""Tests `pcpbench new`: what it writes works at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pcpbench

Command = Callable[..., subprocess.CompletedProcess[str]]
PACKAGE = str(Path(pcpbench.__file__).parents[1])


@pytest.mark.parametrize(
    ("kind", "name"),
    [("strategy", "my-drain"), ("workload", "load2"), ("hardware", "box"), ("kernel", "v5.15.9")],
)
def test_the_tests_of_a_new_package_pass(
    pcpbench_command: Command, tmp_path: Path, kind: str, name: str
) -> None:
    done = pcpbench_command("new", kind, name)
    assert (done.returncode, done.stderr) == (0, "")
    (folder,) = (path for path in tmp_path.iterdir() if path.name.startswith("pcpbench-"))
    assert done.stdout.startswith(f"wrote {folder.name}: ")
    assert not [path for path in folder.rglob("*") if "@" in path.name or path.suffix == ".txt"]
    tested = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-q"],
        env={**os.environ, "PYTHONPATH": PACKAGE},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    module = next(folder.glob("pcpbench_*/__init__.py"))
    described = pcpbench_command("describe", name, "-p", module)
    assert described.returncode == 0, described.stderr


def test_an_experiment_of_a_new_strategy_can_be_read(
    pcpbench_command: Command, tmp_path: Path
) -> None:
    pcpbench_command("new", "strategy", "calm", "--into", "here")
    folder = tmp_path / "here" / "pcpbench-calm"
    plugin = folder / "pcpbench_calm" / "__init__.py"
    done = pcpbench_command("check", folder / "compare.yaml", "-p", plugin)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["strategy", "My_Drain"], "'My_Drain' cannot name a strategy; use lower-case letters"),
        (["strategy", "../up"], "cannot name a strategy"),
        (["hardware", "box", "--like", "epyc-7724"], "did you mean 'epyc-7742'?"),
        (["strategy", "calm", "--like", "workqueue"], "--like is for hardware and kernel"),
        (["planet", "x"], "there is no kind 'planet'"),
    ],
)
def test_a_package_that_cannot_be_written_is_refused(
    pcpbench_command: Command, tmp_path: Path, words: list[str], said: str
) -> None:
    done = pcpbench_command("new", *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(pcpbench_command: Command, tmp_path: Path) -> None:
    (tmp_path / "pcpbench-calm").mkdir()
    done = pcpbench_command("new", "strategy", "calm")
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert list((tmp_path / "pcpbench-calm").iterdir()) == []
