"""Tests that a run goes on where it was left, and ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pcpbench
from pcpbench.report import Wishes, render, report_of
from pcpbench.report.formats import FORMATS
from pcpbench.runner import engine_identity
from pcpbench.store import RunFile

Command = Callable[..., subprocess.CompletedProcess[str]]
OLDEST = Path(__file__).parents[1] / "store" / "data" / "version-1.sqlite"
RUN = ("run", "small.yaml", "--output", "run.sqlite", "--jobs", "2", "--replicates", "60")


def kept_in(path: Path) -> int:
    """Results in a run file, 0 while it is being made."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    try:
        with RunFile.open(path) as run_file:
            return len(run_file.cells) - len(run_file.pending())
    except pcpbench.errors.PcpbenchError:
        return 0


def planned_in(path: Path) -> int:
    with RunFile.open(path) as run_file:
        return len(run_file.cells)


def ended_early(folder: Path, number: signal.Signals) -> int:
    """Begins a run in the folder, sends its parent process a signal, returns the cells kept."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "pcpbench", *RUN],
        env={**os.environ, "PYTHONPATH": str(Path(pcpbench.__file__).parents[1])},
        cwd=folder,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 60
        while kept_in(folder / "run.sqlite") < 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        process.wait(timeout=60)
    return kept_in(folder / "run.sqlite")


def rows(path: Path) -> list[tuple[object, ...]]:
    """What is promised to be the same for every run."""
    connection = sqlite3.connect(path)
    columns = "position, status, error, metrics, null_reasons, page_ops, measurements"
    found = connection.execute(f"SELECT {columns} FROM results ORDER BY position").fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_was_ended_early_ends_like_one_that_was_not(
    pcpbench_command: Command, experiment: Path, tmp_path: Path, number: signal.Signals
) -> None:
    kept = ended_early(tmp_path, number)
    planned = planned_in(tmp_path / "run.sqlite")
    assert 5 <= kept < planned
    partial = rows(tmp_path / "run.sqlite")

    resumed = pcpbench_command("run", "--resume", "run.sqlite")
    assert resumed.returncode == 0, resumed.stderr
    assert f"{planned - kept} cells" in resumed.stderr
    told = reports(tmp_path / "run.sqlite")
    found = rows(tmp_path / "run.sqlite")
    assert set(partial) < set(found)

    (tmp_path / "run.sqlite").unlink()
    whole = pcpbench_command(*RUN)
    assert resumed.stdout == whole.stdout
    assert found == rows(tmp_path / "run.sqlite")
    assert reports(tmp_path / "run.sqlite") == told


def reports(path: Path) -> dict[str, str]:
    """The run in every form."""
    with RunFile.open(path) as run_file:
        report = report_of(run_file, measurements=True)
    return {form: render(report, form, Wishes()) for form in FORMATS}


SMALL_DISK = """\
mkdir disk && mount -t tmpfs -o size=400k tmpfs disk || exit 77
cp small.yaml disk && cd disk
{python} -P -m pcpbench {words}
code=$?
cp run.sqlite* ..
exit $code
"""


def test_a_run_that_filled_its_disk_ends_like_one_that_did_not(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    script = SMALL_DISK.format(python=sys.executable, words=" ".join(RUN))
    full = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
        env={**os.environ, "PYTHONPATH": str(Path(pcpbench.__file__).parents[1])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if full.returncode in (1, 77, 126, 127):
        pytest.skip(f"no small disk can be made here: {full.stderr}")
    assert full.returncode == 5
    assert "the disk is full; free some space" in full.stderr
    kept = kept_in(tmp_path / "run.sqlite")
    assert 0 < kept < planned_in(tmp_path / "run.sqlite")
    assert f"{kept} of {planned_in(tmp_path / 'run.sqlite')} cells are kept" in full.stderr
    resumed = pcpbench_command("run", "--resume", "run.sqlite")
    assert resumed.returncode == 0, resumed.stderr
    told = reports(tmp_path / "run.sqlite")
    (tmp_path / "run.sqlite").unlink()
    assert pcpbench_command(*RUN).stdout == resumed.stdout
    assert reports(tmp_path / "run.sqlite") == told


@pytest.fixture
def unfinished(pcpbench_command: Command, experiment: Path, tmp_path: Path) -> Path:
    """A run of four cells, one of which has no result."""
    path = tmp_path / "run.sqlite"
    done = pcpbench_command("run", experiment, "--output", path, "--jobs", 1)
    assert done.returncode == 0, done.stderr
    change(path, "DELETE FROM results WHERE position = 2")
    return path


def change(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement, values)
    connection.close()


def test_a_report_of_an_unfinished_run_says_what_is_missing(
    pcpbench_command: Command, unfinished: Path
) -> None:
    done = pcpbench_command("report", unfinished)
    assert "1 of 4 planned cells have no result yet" in " ".join(done.stdout.split())
    assert "1 of 4 cells of this run have no result" in done.stderr
    assert f"`pcpbench run --resume {unfinished}` goes on" in done.stderr


def test_another_engine_is_refused_unless_mixing_is_allowed(
    pcpbench_command: Command, unfinished: Path
) -> None:
    change(unfinished, "UPDATE sessions SET engine = 'fedcba9876543210'")
    refused = pcpbench_command("run", "--resume", unfinished)
    assert refused.returncode == 2
    assert refused.stderr == (
        f"pcpbench: error: {unfinished}: its cells were simulated by engine fedcba9876543210, and "
        f"this is {engine_identity()}; run the experiment anew, or mix both with --allow-mixed\n"
    )
    assert kept_in(unfinished) == 3
    mixed = pcpbench_command("run", "--resume", unfinished, "--allow-mixed")
    assert mixed.returncode == 0, mixed.stderr
    assert "its cells are mixed from here on" in mixed.stderr
    told = " ".join(mixed.stdout.split())
    assert f"engines fedcba9876543210 (3 cells) and {engine_identity()} (1 cell)" in told


def test_another_profile_under_the_same_name_is_refused(
    pcpbench_command: Command, unfinished: Path
) -> None:
    change(unfinished, "UPDATE sources SET digest = 'other' WHERE kind = 'hardware'")
    refused = pcpbench_command("run", "--resume", unfinished)
    assert refused.returncode == 2
    assert "hardware 'epyc-7742' is not what it was (built-in)" in refused.stderr


def test_a_plugin_that_changed_is_refused(
    pcpbench_command: Command, experiment: Path, guest: Callable[[str], Path], tmp_path: Path
) -> None:
    plugin, path = guest("yield d.scan_counts()"), tmp_path / "run.sqlite"
    words = ("--set", "strategies=[workqueue, guest]", "--output", path, "--jobs", 1)
    assert pcpbench_command("run", experiment, "-p", plugin, *words).returncode == 0
    change(path, "DELETE FROM results WHERE position > 1")
    guest("yield d.scan_counts()  # changed")
    refused = pcpbench_command("run", "--resume", path)
    assert (refused.returncode, kept_in(path)) == (2, 2)
    assert f"plugin '{plugin}' is not what it was" in refused.stderr
    guest("yield d.scan_counts()")
    assert pcpbench_command("run", "--resume", path).returncode == 0
    change(path, "DELETE FROM results WHERE position > 1")
    plugin.unlink()
    gone = pcpbench_command("run", "--resume", path, "--allow-mixed")
    assert gone.returncode == 2
    assert "'guest' of its strategies is not there; name its plugin with -p" in gone.stderr


def test_a_run_without_missing_cells_is_only_printed(
    pcpbench_command: Command, unfinished: Path
) -> None:
    first = pcpbench_command("run", "--resume", unfinished)
    again = pcpbench_command("run", "--resume", unfinished)
    assert (again.returncode, again.stdout) == (0, first.stdout)
    assert f"no cell of {unfinished} is missing" in again.stderr


def test_a_run_of_the_first_version_is_reported_and_resumed(
    pcpbench_command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "old.sqlite"
    shutil.copy(OLDEST, path)
    before = path.read_bytes()
    reported = pcpbench_command("report", "old.sqlite")
    assert reported.returncode == 0, reported.stderr
    assert reported.stdout.startswith("small: Does it work?")
    assert path.read_bytes() == before
    resumed = pcpbench_command("run", "--resume", "old.sqlite", "--allow-mixed")
    assert resumed.returncode == 0, resumed.stderr
    assert kept_in(path) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "the following arguments are required: CONFIG"),
        (["run", "small.yaml", "--allow-mixed"], "--allow-mixed is for --resume"),
        (["run", "small.yaml", "--resume", "run.sqlite"], "without CONFIG"),
        (["run", "--resume", "run.sqlite", "--quick"], "without --quick"),
        (["run", "--resume", "run.sqlite", "--set", "seed=3"], "without --set"),
        (["run", "--resume", "small.yaml"], "not a run file"),
        (["run", "--resume", "nowhere.sqlite"], "there is no such file"),
    ],
)
def test_options_that_contradict_a_resumed_run_are_named(
    pcpbench_command: Command, experiment: Path, words: list[str], said: str
) -> None:
    assert experiment.exists()
    done = pcpbench_command(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
