"""Tests `pcpbench run --sensitivity` as a user meets it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
# Locking against masking: what the verdict on the mean latency rests on.
WORDS = (
    *("--replicates", 4, "--sensitivity", "--draws", 24, "--output", "r.sqlite"),
    *("--set", "primary=[alloc.latency_ns.mean]", "--set", "robustness=false"),
)


def report(pcpbench_command: Command, form: str) -> str:
    done = pcpbench_command("report", "r.sqlite", "--format", form)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_report_names_the_numbers_on_which_a_verdict_turns(
    pcpbench_command: Command, experiment: Path
) -> None:
    done = pcpbench_command("run", experiment, *WORDS)
    assert done.returncode == 0, done.stderr
    assert "In 24 draws of all uncertain numbers at once" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 80
    (found,) = json.loads(report(pcpbench_command, "json"))["sensitivity"]
    assert (found["metric"], found["draws"]) == ("alloc.latency_ns.mean", 24)
    assert 0 < found["turned"] < 24
    assert {i["number"] for i in found["numbers"]} <= {"irq_save_restore", "spin_lock_pair"}
    assert found["numbers"][0]["number"] in done.stdout
    page = report(pcpbench_command, "html")
    section = page.split('<section id="sensitivity"')[1].split("</section>")[0]
    assert "<svg" in section and "<table" in section and f"of {found['draws']}" in section


def test_an_interrupted_examination_goes_on_to_the_same_report(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    assert pcpbench_command("run", experiment, *WORDS).returncode == 0
    forms = ("terminal", "lkml", "markdown", "json", "html")
    whole = [report(pcpbench_command, form) for form in forms]
    connection = sqlite3.connect(tmp_path / "r.sqlite", isolation_level=None)
    connection.execute("DELETE FROM results WHERE position > 20 AND position % 3 = 0")
    (lacking,) = connection.execute(
        "SELECT COUNT(*) FROM cells WHERE position NOT IN (SELECT position FROM results)"
    ).fetchone()
    connection.close()
    partial = " ".join(report(pcpbench_command, "terminal").split())
    assert f"of the cells that examine the verdicts: {lacking} cells." in partial
    refused = pcpbench_command("run", "--resume", "r.sqlite", "--sensitivity")
    assert refused.returncode == 2 and "without --sensitivity" in refused.stderr
    assert pcpbench_command("run", "--resume", "r.sqlite").returncode == 0
    assert [report(pcpbench_command, form) for form in forms] == whole


def test_failed_cells_that_examine_are_told_and_exit_3(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    assert pcpbench_command("run", experiment, *WORDS).returncode == 0
    connection = sqlite3.connect(tmp_path / "r.sqlite", isolation_level=None)
    connection.execute(
        "UPDATE results SET status = 'failed', error = 'no luck', metrics = '{}' "
        "WHERE position = (SELECT MAX(position) FROM cells)"
    )
    connection.close()
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
