"""Tests the course of a run: what is kept, in which order, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pcpbench
from pcpbench.errors import EnvironmentFailed, Interrupted
from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.runner import SilentProgress, run_experiment
from pcpbench.store import RunFile

NewRun = Callable[..., RunFile]
PACKAGE = str(Path(pcpbench.__file__).parents[1])


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def run(run_file: RunFile, simulation: str, jobs: int, registry: Registry) -> int:
    return run_experiment(
        run_file,
        registry=registry,
        jobs=jobs,
        progress=SilentProgress(),
        simulate=f"stand_in:{simulation}",
    )


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_cell_is_kept_in_the_order_of_the_plan(
    new_run: NewRun, registry: Registry, jobs: int
) -> None:
    with new_run(7) as run_file:
        assert run(run_file, "good", jobs, registry) == 0
        results = run_file.results(measurements=True)
    assert [result.metrics["seed"] for result in results] == list(range(7))
    assert {result.counters["strategies"] for result in results} == {len(registry.strategies)}


def test_one_and_two_workers_leave_the_same_rows(new_run: NewRun, registry: Registry) -> None:
    rows = []
    for jobs in (1, 2):
        with new_run(6, name=f"{jobs}.sqlite") as run_file:
            run(run_file, "good", jobs, registry)
            tables = ("header", "cells", "results")
            select = run_file._connection.execute
            rows.append([[tuple(r) for r in select(f"SELECT * FROM {t}")] for t in tables])
    assert rows[0] == rows[1]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize(
    ("simulation", "why"),
    [
        ("raising", "RuntimeError: the drain never ended"),
        ("hungry", "memory ran out"),
        ("not_finite", "metrics that are not finite: noise"),
    ],
)
def test_a_cell_that_raises_fails_alone(
    new_run: NewRun, registry: Registry, simulation: str, why: str, jobs: int
) -> None:
    with new_run(3) as run_file:
        assert run(run_file, simulation, jobs, registry) == 1
        results = run_file.results()
    assert [result.status for result in results] == ["ok", "failed", "ok"]
    assert why in str(results[1].error)


@pytest.mark.parametrize(
    ("simulation", "why"),
    [("killed", "was ended by SIGKILL"), ("leaving", "ended with exit code 7")],
)
def test_a_worker_that_dies_fails_its_cell_and_is_replaced(
    new_run: NewRun, registry: Registry, simulation: str, why: str
) -> None:
    with new_run(6) as run_file:
        assert run(run_file, simulation, 2, registry) == 1
        results = run_file.results()
    assert [result.status for result in results] == ["ok", "failed", "ok", "ok", "ok", "ok"]
    assert why in str(results[1].error)


def test_workers_that_cannot_start_end_the_run(new_run: NewRun, registry: Registry) -> None:
    with new_run(4) as run_file, pytest.raises(EnvironmentFailed, match="cannot be started"):
        run(run_file, "no_such_function", 2, registry)


def test_workers_load_the_plugins_of_the_header(
    new_run: NewRun, registry: Registry, tmp_path: Path
) -> None:
    plugin = tmp_path / "guest.py"
    plugin.write_text(
        "from pcpbench.plugin.hookspecs import hookimpl\n"
        "from pcpbench.plugin.strategy import Strategy\n"
        "class Guest(Strategy):\n    name = 'guest'\n"
        "    def drain_all(self, d):\n        yield d.scan_counts()\n"
        "@hookimpl\ndef pcpbench_strategies():\n    return [Guest]\n"
    )
    with new_run(2, plugins=(str(plugin),)) as run_file:
        run(run_file, "whose_plugin", 2, registry)
        assert [result.metrics["guest"] for result in run_file.results()] == [1, 1]


def test_what_a_simulation_prints_does_not_reach_stdout(
    new_run: NewRun, registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    for jobs in (1, 2):
        with new_run(2, name=f"{jobs}.sqlite") as run_file:
            run(run_file, "good", jobs, registry)
    assert capfd.readouterr().out == ""


def test_a_run_goes_on_with_the_cells_that_are_missing(
    new_run: NewRun, registry: Registry, recorded: Any
) -> None:
    with new_run(4) as run_file:
        with pytest.raises(Interrupted):
            run(run_file, "interrupted", 1, registry)
        run_experiment(
            run_file, registry=registry, jobs=1, progress=recorded, simulate="stand_in:good"
        )
        assert [result.metrics["seed"] for result in run_file.results()] == [0, 1, 2, 3]
    assert recorded.events == [("begin", 2, 1), ("advance", 1, 0), ("advance", 2, 0), ("end",)]


def test_an_interruption_keeps_what_is_done_and_says_how_to_print_it(
    new_run: NewRun, registry: Registry
) -> None:
    with new_run(4) as run_file:
        with pytest.raises(Interrupted) as stopped:
            run(run_file, "interrupted", 1, registry)
        assert [result.metrics["seed"] for result in run_file.results()] == [0, 1]
        assert "2 of 4 cells are kept" in str(stopped.value)
        assert f"`pcpbench report {run_file.path}`" in str(stopped.value)
        assert stopped.value.exit_code == 130


INTERRUPTED_RUN = """
import sys
from pathlib import Path
from pcpbench.errors import Interrupted
from pcpbench.plugin.registry import Registry
from pcpbench.runner import SilentProgress, run_experiment
from pcpbench.store import RunFile
run_file = RunFile.open(Path(sys.argv[1]))
try:
    run_experiment(run_file, registry=Registry(), jobs=2, progress=SilentProgress(),
                   simulate="stand_in:slow_after_two")
except Interrupted as stopped:
    print(stopped)
    sys.exit(stopped.exit_code)
"""


def test_ctrl_c_stops_the_workers_at_once(new_run: NewRun) -> None:
    with new_run(6) as run_file:
        path = run_file.path
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED_RUN, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([PACKAGE, *filter(None, sys.path)])},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        with RunFile.open(path) as watching:
            deadline = time.monotonic() + 60
            while len(watching.results()) < 2 and time.monotonic() < deadline:
                time.sleep(0.05)
            workers = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "2 of 6 cells are kept" in output
    assert len(workers) == 2
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_full_disk_ends_the_run_and_the_run_goes_on_when_there_is_space(
    new_run: NewRun, registry: Registry
) -> None:
    with new_run(4) as run_file:
        limit = run_file._connection.execute
        pages = limit("PRAGMA page_count").fetchone()[0]
        limit(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(EnvironmentFailed) as full:
            run(run_file, "large_after_two", 2, registry)
        told = str(full.value).splitlines()
        assert "the disk is full; free some space" in told[0]
        assert told[1].startswith("2 of 4 cells are kept")
        assert f"`pcpbench run --resume {run_file.path}` goes on" in told[1]
        limit(f"PRAGMA max_page_count = {1000 * pages}")
        run(run_file, "large_after_two", 2, registry)
        assert [result.metrics["seed"] for result in run_file.results()] == [0, 1, 2, 3]
