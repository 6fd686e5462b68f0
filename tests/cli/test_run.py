"""Tests `pcpbench run` and `pcpbench report` as a user meets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pcpbench
from pcpbench.cli.report import FORMATS
from pcpbench.store import RunFile

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_run_answers_and_says_where_it_is_kept(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    done = pcpbench_command("run", experiment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("small: Does it work?")
    (kept,) = (tmp_path / "results").glob("small-*.sqlite")
    assert f"`pcpbench report results/{kept.name}` prints it again" in done.stderr
    assert "4 cells" in done.stderr


def test_a_report_prints_the_same_text_from_the_file(
    pcpbench_command: Command, experiment: Path
) -> None:
    done = pcpbench_command("run", experiment, "--output", "run.sqlite")
    again = pcpbench_command("report", "run.sqlite")
    assert again.returncode == 0
    assert again.stdout == done.stdout


def test_json_goes_alone_to_stdout(pcpbench_command: Command, experiment: Path) -> None:
    done = pcpbench_command("run", experiment, "--output", "run.sqlite", "--json")
    told = json.loads(done.stdout)
    assert told["format"] == "pcpbench-report/1"
    assert [cell["status"] for cell in told["cells"]] == ["ok"] * 4
    assert {cell["wall_ns"] for cell in told["cells"]} == {None}
    assert json.loads(pcpbench_command("report", "run.sqlite", "--json").stdout) == told
    with_format = pcpbench_command("report", "run.sqlite", "--format", "json")
    assert json.loads(with_format.stdout) == told
    timed = json.loads(pcpbench_command("report", "run.sqlite", "--json", "--timings").stdout)
    assert all(cell["wall_ns"] > 0 for cell in timed["cells"])


def test_one_and_two_jobs_give_the_same_report(pcpbench_command: Command, experiment: Path) -> None:
    told = []
    for jobs in (1, 2):
        output = f"{jobs}.sqlite"
        done = pcpbench_command("run", experiment, "--output", output, "--json", "--jobs", jobs)
        told.append(json.loads(done.stdout))
        told[-1]["run"]["path"] = None
        told[-1]["run"]["provenance"]["environment"] = None
    assert told[0]["cells"] == told[1]["cells"]
    assert told[0]["comparisons"] == told[1]["comparisons"]


def test_options_change_the_experiment(pcpbench_command: Command, experiment: Path) -> None:
    words = ("--set", "machine.memory=128 MiB", "--seed", 40, "--replicates", 3)
    done = pcpbench_command("run", experiment, *words, "--json", "--output", "run.sqlite")
    cells = json.loads(done.stdout)["cells"]
    assert sorted({cell["seed"] for cell in cells}) == [40, 41, 42]


def test_a_dry_run_shows_cells_and_time_and_writes_nothing(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    done = pcpbench_command("run", experiment, "--dry-run", "--jobs", 1)
    assert done.returncode == 0, done.stderr
    assert "4 cells; 1 at once: about" in done.stdout
    planned = json.loads(pcpbench_command("run", experiment, "--dry-run", "--json").stdout)
    assert planned["cells"] == 4
    assert [group["strategy"] for group in planned["groups"]] == ["workqueue", "spinlock-trylock"]
    assert planned["estimated_s"] > 0
    assert not (tmp_path / "results").exists()


def test_a_plugin_that_raises_fails_its_cells_alone(
    pcpbench_command: Command, experiment: Path, guest: Callable[[str], Path]
) -> None:
    plugin = guest("raise RuntimeError('no such luck'); yield")
    words = ("--set", "strategies=[workqueue, guest]", "--set", "drains={rate: 1 k/s}")
    done = pcpbench_command("run", experiment, "-p", plugin, *words)
    assert done.returncode == 3, done.stderr
    assert "2 of 4 cells failed" in done.stderr
    assert "no such luck" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


FAULTY = """\
from pcpbench.metrics import Metric
from pcpbench.plugin import ReportSection, Workload, hookimpl


class Faulty(Workload):
    kind = "faulty"

    def streams(self, context):
        return {}["streams"]


def divide(raw):
    return 1 / 0


def fail(report, wishes):
    raise LookupError("no barometer")


METRIC = Metric(
    name="mine.x", title="x", unit="pages", better="lower", scale="difference", margin=0.0,
    help="h", raw="r", of=divide,
)


@hookimpl
def pcpbench_workloads():
    return [Faulty]


@hookimpl
def pcpbench_metrics():
    return [METRIC]


@hookimpl
def pcpbench_report_sections():
    return [ReportSection(name="weather", summary="s", build=fail)]
"""


def test_faults_of_a_plugin_name_their_lines_and_the_others_go_on(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "faulty.py"
    plugin.write_text(FAULTY)
    broken = "scenarios.broken=[{kind: faulty, cpus: housekeeping}]"
    run = pcpbench_command("run", experiment, "-p", plugin, "--set", broken, "--output", "r")
    assert run.returncode == 3, run.stderr
    assert "4 of 8 cells failed" in run.stderr
    told = "".join(run.stdout.split())  # however the lines are wrapped
    for what, line in (
        ("workload 'faulty', streams, before time starts: raised KeyError: 'streams'", 9),
        ("metric mine.x raised ZeroDivisionError: division by zero", 13),
        ("section 'weather' raised LookupError: no barometer", 17),
    ):
        assert "".join(f"{what} ({plugin}:{line})".split()) in told
    assert "throughput_pages_per_s" in told


def test_a_broken_plugin_is_a_warning_unless_it_is_needed(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module\n")
    done = pcpbench_command("run", experiment, "-p", "broken.py", "--output", "a.sqlite")
    assert done.returncode == 0
    assert "pcpbench: warning: plugin" in done.stderr
    needed = pcpbench_command("run", experiment, "-p", "broken.py", "--set", "strategies=[mine]")
    assert needed.returncode == 2
    assert "no_such_module" in needed.stderr
    assert "'mine'" in needed.stderr


def test_strict_asks_for_decided_primary_comparisons(
    pcpbench_command: Command, experiment: Path
) -> None:
    # Two replicates of different noise cannot settle a margin of nothing.
    words = ("--set", "strategies=[workqueue, spinlock-trylock]", "--output", "run.sqlite")
    done = pcpbench_command("run", experiment, *words, "--strict", "--json")
    verdicts = {c["verdict"] for c in json.loads(done.stdout)["comparisons"] if c["primary"]}
    assert done.returncode == (4 if "inconclusive" in verdicts else 0)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run"], 2, "the following arguments are required: CONFIG"),
        (["run", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["run", "small.yaml", "--jobs", "0"], 2, "must be a whole number of at least 1"),
        (["run", "small.yaml", "--set", "machine.cpsu=4"], 2, "did you mean"),
        (["run", "small.yaml", "--output", "/proc/1/x/run.sqlite"], 5, "cannot be made"),
        (["run", "small.yaml", "--output", "small.yaml"], 2, "exists already"),
        (["report", "nowhere.sqlite"], 2, "there is no such file"),
        (["report", "small.yaml"], 2, "not a run file"),
        (["describe", "workqeue"], 2, "did you mean 'workqueue'?"),
        (["nonsense"], 2, "there is no command"),
    ],
)
def test_each_mistake_has_its_error_and_code(
    pcpbench_command: Command, experiment: Path, words: list[str], code: int, said: str
) -> None:
    assert experiment.exists()
    done = pcpbench_command(*words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert done.stdout == ""
    assert all(line.startswith("pcpbench: ") for line in done.stderr.splitlines())


def test_ctrl_c_keeps_finished_cells_and_says_how_to_print_them(
    pcpbench_command: Command, experiment: Path, tmp_path: Path
) -> None:
    words = ["run", "small.yaml", "--output", "run.sqlite", "--jobs", "2", "--replicates", "5000"]
    environment = {**os.environ, "PYTHONPATH": str(Path(pcpbench.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "pcpbench", *words],
        env=environment,
        cwd=experiment.parent,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not _kept(tmp_path / "run.sqlite") and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    kept = _kept(tmp_path / "run.sqlite")
    with RunFile.open(tmp_path / "run.sqlite") as run_file:
        planned = len(run_file.cells)
    assert planned >= 10000
    assert f"interrupted; {kept} of {planned} cells are kept" in said
    assert "`pcpbench run --resume run.sqlite` goes on" in said
    assert "`pcpbench report run.sqlite` prints them" in said
    report = pcpbench_command("report", "run.sqlite")
    assert report.returncode == 0
    assert f"{planned - kept} of {planned} cells of this run have no result" in report.stderr


def _kept(path: Path) -> int:
    if not path.exists() or path.stat().st_size == 0:
        return 0
    try:
        with RunFile.open(path) as run_file:
            return len(run_file.results())
    except pcpbench.errors.PcpbenchError:
        return 0  # it is being made


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_of_report_goes_to_stdout_or_a_file(
    pcpbench_command: Command, experiment: Path, tmp_path: Path, form: str
) -> None:
    assert pcpbench_command("run", experiment, "--output", "run.sqlite").returncode == 0
    shown = pcpbench_command("report", "run.sqlite", "--format", form)
    assert (shown.returncode, shown.stderr) == (0, "")
    words = ("--format", form, "--output", "told")
    written = pcpbench_command("report", "run.sqlite", *words)
    assert (written.returncode, written.stdout, written.stderr) == (0, "", "")
    assert (tmp_path / "told").read_text() == shown.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.sqlite", "small.yaml", "told"]


def test_a_report_never_replaces_its_run(pcpbench_command: Command, experiment: Path) -> None:
    assert pcpbench_command("run", experiment, "--output", "run.sqlite").returncode == 0
    refused = pcpbench_command("report", "run.sqlite", "--output", "run.sqlite")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "this is the run file itself" in refused.stderr
    unwritable = pcpbench_command("report", "run.sqlite", "--output", "/proc/told")
    assert unwritable.returncode == 5
    assert "/proc/told: it cannot be written" in unwritable.stderr
    assert pcpbench_command("report", "run.sqlite").returncode == 0


def test_a_report_beside_another_baseline_names_the_labels_there_are(
    pcpbench_command: Command, experiment: Path
) -> None:
    assert pcpbench_command("run", experiment, "--output", "run.sqlite").returncode == 0
    other = pcpbench_command("report", "run.sqlite", "--baseline", "spinlock-trylock", "--json")
    told = json.loads(other.stdout)
    assert {(c["baseline"], c["candidate"]) for c in told["comparisons"]} == {
        ("spinlock-trylock", "workqueue")
    }
    wrong = pcpbench_command("report", "run.sqlite", "--baseline", "workqeue")
    assert wrong.returncode == 2
    assert "did you mean 'workqueue'?; choose one of workqueue, spinlock-trylock" in wrong.stderr


def test_a_report_is_the_same_without_the_plugin_that_measured(
    pcpbench_command: Command, experiment: Path, guest: Callable[[str], Path]
) -> None:
    plugin = guest("yield d.scan_counts()")
    words = ("--set", "strategies=[workqueue, guest]", "--output", "run.sqlite")
    done = pcpbench_command("run", experiment, "-p", plugin, *words)
    assert done.returncode == 0, done.stderr
    plugin.unlink()
    again = pcpbench_command("report", "run.sqlite")
    assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")
