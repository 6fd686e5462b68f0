"""What a run file keeps, and gives back."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.store import RunFile, Session

CONFTEST = Path(__file__).with_name("conftest.py")


def test_a_run_file_gives_back_what_was_saved(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
    with RunFile.open(path) as again:
        assert again.header == sample.header
        assert again.cells == sample.cells
        assert again.results(measurements=True) == (sample.result_of(sample.cells[0]),)
        assert again.pending() == sample.cells[1:]


def test_results_without_measurements_leave_counters_and_histograms_empty(
    tmp_path: Path, sample: Any
) -> None:
    with RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
        assert run.results() == (sample.result_of(sample.cells[0], counters={}, histograms={}),)


def test_results_come_in_the_order_of_the_plan_whatever_the_order_of_saving(
    tmp_path: Path, sample: Any
) -> None:
    with RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run:
        for index in (2, 0, 3, 1):
            run.save(sample.result_of(sample.cells[index]))
        assert [result.cell for result in run.results()] == list(sample.cells)


def test_a_second_result_of_a_cell_replaces_the_first(tmp_path: Path, sample: Any) -> None:
    with RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0], status="failed", error="killed"))
        run.save(sample.result_of(sample.cells[0]))
        assert [result.status for result in run.results()] == ["ok"]


def test_a_saved_result_survives_a_process_that_is_killed(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    script = f"""
import importlib.util, os, signal, sys
from pathlib import Path
from pcpbench.store import RunFile
spec = importlib.util.spec_from_file_location("given", {str(CONFTEST)!r})
given = sys.modules["given"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(given)
run = RunFile.create(Path({str(path)!r}), given.HEADER, given.CELLS)
run.save(given.result_of(given.CELLS[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert ended.returncode == -9
    with RunFile.open(path) as run:
        assert [result.cell for result in run.results()] == [sample.cells[1]]


def test_a_run_can_be_read_while_it_is_written(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells) as writer:
        writer.save(sample.result_of(sample.cells[0]))
        with RunFile.open(path) as reader:
            assert len(reader.results()) == 1
            writer.save(sample.result_of(sample.cells[1]))
            assert len(reader.results()) == 2
        writer.save(sample.result_of(sample.cells[2]))


def test_a_closed_run_is_a_single_file(tmp_path: Path, sample: Any) -> None:
    with RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.sqlite"]


def test_the_file_names_its_kind_and_version(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, sample.header, sample.cells).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (0x70637062,)
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    connection.close()


def test_a_cell_outside_the_plan_is_refused(tmp_path: Path, sample: Any) -> None:
    with (
        RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run,
        pytest.raises(ValueError, match="not in the plan"),
    ):
        run.save(sample.result_of(replace(sample.cell, seed=99)))


def test_a_plan_with_a_cell_twice_is_refused(tmp_path: Path, sample: Any) -> None:
    with pytest.raises(ValueError, match="twice"):
        RunFile.create(tmp_path / "run.sqlite", sample.header, (sample.cell, sample.cell))


def test_a_margin_that_is_not_a_number_is_refused_before_a_file_is_made(
    tmp_path: Path, sample: Any
) -> None:
    path = tmp_path / "run.sqlite"
    with pytest.raises(ValueError, match="Out of range"):
        RunFile.create(
            path, replace(sample.header, margins={"drain.ipis": float("nan")}), sample.cells
        )
    assert not path.exists()


def test_a_run_file_keeps_what_the_run_was_made_from(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, sample.header, sample.cells, sample.provenance).close()
    with RunFile.open(path) as run:
        assert run.sources() == sample.provenance.sources
        found = run.metrics()
        assert list(found) == [metric.name for metric in BUILT_IN]
        for metric in BUILT_IN:
            kept = replace(found[metric.name], of=metric.of)
            assert kept == metric


def test_results_know_the_session_and_engine_that_made_them(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="another", environment={"host": "there"}))
        run.save(sample.result_of(sample.cells[1]))
        run.save(sample.result_of(sample.cells[2]))
        assert run.engines() == {"0123abcd": 1, "another": 2}
        assert [s.environment["host"] for s in run.sessions()] == ["here", "there"]
