"""Tests `pcpbench runs`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., subprocess.CompletedProcess[str]]
OLDEST = Path(__file__).parents[1] / "store" / "data" / "version-1.sqlite"


def test_the_runs_of_a_folder_are_listed_with_their_state(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    assert pcpbench_command("run", experiment).returncode == 0
    results = tmp_path / "results"
    (results / "old.sqlite").write_bytes(OLDEST.read_bytes())
    (results / "other.sqlite").write_text("no database")
    (results / "notes.txt").write_text("mine")
    done = pcpbench_command("runs")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()[2:]
    assert any("old.sqlite" in line and "3/4" in line and "small" in line for line in lines)
    assert any("small-" in line and "4/4" in line for line in lines)
    assert "this is not a run file" in " ".join(done.stdout.split())
    assert "notes.txt" not in done.stdout
    assert max(map(len, lines)) <= 80

    told = json.loads(pcpbench_command("runs", "results", "--json").stdout)
    assert [Path(run["path"]).name for run in told] == sorted(
        path.name for path in results.glob("*.sqlite")
    )
    by_name = {Path(run["path"]).name: run for run in told}
    assert by_name["other.sqlite"]["problem"].startswith("this is not a run file")
    old = by_name["old.sqlite"]
    assert (old["name"], old["planned"], old["done"], old["failed"]) == ("small", 4, 3, 0)
    assert old["problem"] is None


def test_a_folder_without_runs_and_no_folder_at_all_are_told(
    pcpbench_command: Command, tmp_path: Path
) -> None:
    empty = pcpbench_command("runs", tmp_path)
    assert (empty.returncode, empty.stdout) == (0, f"no run file in {tmp_path}\n")
    nowhere = pcpbench_command("runs", tmp_path / "nowhere")
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "there is no such folder" in nowhere.stderr
