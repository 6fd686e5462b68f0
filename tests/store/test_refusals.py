"""What a run file says where the machine does not allow it, or another process is at work."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pcpbench.errors import EnvironmentFailed, InputError
from pcpbench.store import RunFile, Session, connecting
from pcpbench.store import run_file as run_file_module


def test_the_folder_of_a_run_is_made(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "results" / "deep" / "run.sqlite"
    RunFile.create(path, sample.header, sample.cells).close()
    assert path.is_file()


def test_an_existing_file_is_never_overwritten(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    path.write_text("mine")
    with pytest.raises(InputError, match=r"exists already; choose another --output"):
        RunFile.create(path, sample.header, sample.cells)
    assert path.read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path, sample: Any) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(EnvironmentFailed, match=r"results: the folder cannot be made"):
        RunFile.create(tmp_path / "results" / "run.sqlite", sample.header, sample.cells)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_an_environment_failure(tmp_path: Path, sample: Any) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EnvironmentFailed, match="permission denied"):
        RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells)
    tmp_path.chmod(0o700)


def test_a_folder_that_refuses_files_is_an_environment_failure(sample: Any) -> None:
    with pytest.raises(EnvironmentFailed, match=r"/proc/run\.sqlite"):
        RunFile.create(Path("/proc/run.sqlite"), sample.header, sample.cells)


def test_a_full_disk_is_told_and_what_was_saved_stays(tmp_path: Path, sample: Any) -> None:
    with RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
        pages = run._connection.execute("PRAGMA page_count").fetchone()[0]
        run._connection.execute(f"PRAGMA max_page_count = {pages}")
        noise = "".join(map(str, range(20_000)))
        with pytest.raises(EnvironmentFailed, match="the disk is full"):
            run.save(sample.result_of(sample.cells[1], status="failed", error=noise))
        assert [result.cell for result in run.results()] == [sample.cells[0]]


def test_another_writer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Any
) -> None:
    monkeypatch.setattr(connecting, "WAIT_FOR_OTHERS_S", 0.01)
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells) as run:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentFailed, match="another process is writing to it"):
            run.save(sample.result_of(sample.cells[0]))
        other.execute("ROLLBACK")
        other.close()
        run.save(sample.result_of(sample.cells[0]))
        assert len(run.results()) == 1


def test_a_failed_creation_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Any
) -> None:
    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_file_module, "write_plan", disk_full)
    with pytest.raises(EnvironmentFailed, match="the disk is full"):
        RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_worked_on_by_one_process_at_a_time(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    session = Session(engine="e", environment={})
    with RunFile.create(path, sample.header, sample.cells) as run, RunFile.open(path) as other:
        with pytest.raises(EnvironmentFailed, match="another pcpbench is working on this run"):
            other.begin_session(session)
        run.save(sample.result_of(sample.cells[0]))
        assert len(other.results()) == 1  # reading is free
    with RunFile.open(path) as again:
        again.begin_session(session)
        again.begin_session(session)  # the same one may
        again.save(sample.result_of(sample.cells[1]))
        assert len(again.results()) == 2


def test_nothing_is_left_of_a_run_that_was_begun_twice(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, sample.header, sample.cells).close()
    with pytest.raises(InputError, match="exists already"):
        RunFile.create(path, sample.header, sample.cells)
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="e", environment={}))
