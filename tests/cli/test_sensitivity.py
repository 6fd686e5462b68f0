"""Tests `pcpbench run --sensitivity` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pcpbench
from pcpbench.report import Wishes, render, report_of
from pcpbench.report.formats import FORMATS
from pcpbench.store import RunFile

Command = Callable[..., subprocess.CompletedProcess[str]]
# Locking against masking: what the verdict on the mean latency rests on.
WORDS = (
    *("--replicates", "4", "--sensitivity", "--draws", "24", "--output", "r.sqlite"),
    *("--set", "primary=[alloc.latency_ns.mean]", "--set", "robustness=false"),
)


@pytest.fixture(scope="module")
def examined(
    tmp_path_factory: pytest.TempPathFactory, experiment_text: str
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A run with draws, and what the command printed."""
    folder = tmp_path_factory.mktemp("examined")
    (folder / "small.yaml").write_text(experiment_text)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pcpbench", "run", "small.yaml", *WORDS],
        env={**os.environ, "PYTHONPATH": str(Path(pcpbench.__file__).parents[1])},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return folder / "r.sqlite", done


@pytest.fixture
def run(examined: tuple[Path, object], tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copy(examined[0], tmp_path / "r.sqlite"))


def reports(path: Path) -> dict[str, str]:
    """The run in every form."""
    with RunFile.open(path) as run_file:
        report = report_of(run_file, measurements=True)
    return {form: render(report, form, Wishes()) for form in FORMATS}


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_the_report_names_the_numbers_on_which_a_verdict_turns(
    examined: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    path, done = examined
    assert done.returncode == 0, done.stderr
    assert "In 24 draws of all uncertain numbers at once" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80
    told = reports(path)
    (found,) = json.loads(told["json"])["sensitivity"]
    assert (found["metric"], found["draws"]) == ("alloc.latency_ns.mean", 24)
    assert 0 < found["turned"] < 24
    assert {i["number"] for i in found["numbers"]} <= {"irq_save_restore", "spin_lock_pair"}
    assert found["numbers"][0]["number"] in done.stdout
    section = told["html"].split('<section id="sensitivity"')[1].split("</section>")[0]
    assert "<svg" in section and "<table" in section and f"of {found['draws']}" in section
    assert "In 24 draws" in " ".join(told["lkml"].split())


def test_an_interrupted_examination_goes_on_to_the_same_report(
    pcpbench_command: Command, run: Path
) -> None:
    whole = reports(run)
    change(run, "DELETE FROM results WHERE position > 20 AND position % 3 = 0")
    partial = " ".join(reports(run)["terminal"].split())
    assert "Without a result yet of the cells that examine the verdicts: 13 cells." in partial
    refused = pcpbench_command("run", "--resume", "r.sqlite", "--sensitivity")
    assert refused.returncode == 2 and "without --sensitivity" in refused.stderr
    assert pcpbench_command("run", "--resume", "r.sqlite").returncode == 0
    assert reports(run) == whole


def test_failed_cells_that_examine_are_told_and_exit_3(
    pcpbench_command: Command, run: Path
) -> None:
    change(
        run,
        "UPDATE results SET status = 'failed', error = 'no luck', metrics = '{}' "
        "WHERE position = (SELECT MAX(position) FROM cells)",
    )
    done = pcpbench_command("run", "--resume", "r.sqlite")
    assert done.returncode == 3
    told = " ".join(done.stdout.split())
    assert "Of the cells that examine the verdicts 1 cell failed" in told
    assert "for sensitivity, seed 1): no luck" in told
    assert "of 23" in told  # the others still count


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--draws", "30"), "--draws is for --sensitivity"),
        (("--sensitivity", "--draws", "3"), "3 draws are too few to tell numbers apart"),
        (("--sensitivity", "--set", "primary=[]"), "there are none"),
    ],
)
def test_mistakes_are_named(
    pcpbench_command: Command, experiment: Path, words: tuple[str, ...], said: str
) -> None:
    done = pcpbench_command("run", experiment, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_the_plan_shows_the_draws(pcpbench_command: Command, experiment: Path) -> None:
    done = pcpbench_command("run", experiment, "--sensitivity", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    studies = [row for row in json.loads(done.stdout)["groups"] if row["study"] == "sensitivity"]
    assert [row["cells"] for row in studies] == [65, 65]
