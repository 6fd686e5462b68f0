"""Tests what a run file keeps, and what it says when it cannot."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pcpbench.errors import EnvironmentFailed, InputError
from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.metrics.histogram import Histogram
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.interruptions import Interruption, Interruptions
from pcpbench.store import Provenance, RunFile, RunHeader, Session, Source, connecting
from pcpbench.store import run_file as run_file_module
from pcpbench.store.interruptions import interruptions_from_bytes, interruptions_to_bytes

MACHINE = Machine(
    cpus=4,
    isolated=(2, 3),
    nohz_full=True,
    isolcpus=True,
    rcu_normal=False,
    memory_bytes=1 << 30,
    page_bytes=4096,
)
CELL = Cell(
    hardware="epyc-7742",
    kernel="v5.15",
    machine=MACHINE,
    scenario="generated",
    workloads=(WorkloadChoice(kind="repeat", cpus=(0, 1), parameters=(("gap_ns", 40),)),),
    strategy=StrategyChoice(name="rcu-swap", label="rcu-swap", parameters=(("expedited", True),)),
    sweep=(("machine.cpus", 4),),
    seed=7,
    warm_up_ns=1000,
    time_ns=2000,
    drains_per_s=1.5,
)
CELLS = tuple(replace(CELL, seed=seed) for seed in range(4))
HEADER = RunHeader(
    name="pressure",
    question="Is it quiet?",
    experiment={"name": "pressure", "replicates": 4},
    baseline="workqueue",
    primary=("drain.ipis",),
    margins={"drain.ipis": 0.5},
    engine="0123abcd",
    plugins=("/somewhere/mine.py",),
    environment={"host": "here"},
)


def result_of(cell: Cell, **changes: object) -> CellResult:
    full = CellResult(
        cell=cell,
        status="ok",
        metrics={"drain.ipis": 3, "throughput": 0.25, "drain.latency_ns.p99": None},
        null_reasons={"drain.latency_ns.p99": "fewer than 30 samples"},
        counters={"drain_ipis": 3},
        histograms={"alloc.latency": Histogram.of([[1000, 2000], [3000]])},
        page_ops=10,
        pages_moved=12,
        simulated_ns=2000,
        wall_ns=5,
    )
    return replace(full, **changes)  # type: ignore[arg-type]


def test_a_run_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
    with RunFile.open(path) as again:
        assert again.header == HEADER
        assert again.cells == CELLS
        assert again.results(measurements=True) == (result_of(CELLS[0]),)
        assert again.pending() == CELLS[1:]


def test_results_without_measurements_leave_counters_and_histograms_empty(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
        assert run.results() == (result_of(CELLS[0], counters={}, histograms={}),)


def test_results_come_in_the_order_of_the_plan_whatever_the_order_of_saving(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run:
        for index in (2, 0, 3, 1):
            run.save(result_of(CELLS[index]))
        assert [result.cell for result in run.results()] == list(CELLS)


def test_a_second_result_of_a_cell_replaces_the_first(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run:
        run.save(result_of(CELLS[0], status="failed", error="killed"))
        run.save(result_of(CELLS[0]))
        assert [result.status for result in run.results()] == ["ok"]


def test_a_saved_result_survives_a_process_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    script = f"""
import importlib.util, os, signal
from pathlib import Path
spec = importlib.util.spec_from_file_location("given", {__file__!r})
given = importlib.util.module_from_spec(spec)
spec.loader.exec_module(given)
run = given.RunFile.create(Path({str(path)!r}), given.HEADER, given.CELLS)
run.save(given.result_of(given.CELLS[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert ended.returncode == -9
    with RunFile.open(path) as run:
        assert [result.cell for result in run.results()] == [CELLS[1]]


def test_a_run_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS) as writer:
        writer.save(result_of(CELLS[0]))
        with RunFile.open(path) as reader:
            assert len(reader.results()) == 1
            writer.save(result_of(CELLS[1]))
            assert len(reader.results()) == 2
        writer.save(result_of(CELLS[2]))


def test_a_closed_run_is_a_single_file(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.sqlite"]


def test_the_file_names_its_kind_and_version(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, HEADER, CELLS).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (0x70637062,)
    assert connection.execute("PRAGMA user_version").fetchone() == (3,)
    connection.close()


def test_the_folder_of_a_run_is_made(tmp_path: Path) -> None:
    path = tmp_path / "results" / "deep" / "run.sqlite"
    RunFile.create(path, HEADER, CELLS).close()
    assert path.is_file()


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    path.write_text("mine")
    with pytest.raises(InputError, match=r"exists already; choose another --output"):
        RunFile.create(path, HEADER, CELLS)
    assert path.read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("")
    with pytest.raises(EnvironmentFailed, match=r"results: the folder cannot be made"):
        RunFile.create(tmp_path / "results" / "run.sqlite", HEADER, CELLS)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_an_environment_failure(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EnvironmentFailed, match="permission denied"):
        RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS)
    tmp_path.chmod(0o700)


def test_a_folder_that_refuses_files_is_an_environment_failure() -> None:
    with pytest.raises(EnvironmentFailed, match=r"/proc/run\.sqlite"):
        RunFile.create(Path("/proc/run.sqlite"), HEADER, CELLS)


def test_a_full_disk_is_told_and_what_was_saved_stays(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
        pages = run._connection.execute("PRAGMA page_count").fetchone()[0]
        run._connection.execute(f"PRAGMA max_page_count = {pages}")
        noise = "".join(map(str, range(20_000)))
        with pytest.raises(EnvironmentFailed, match="the disk is full"):
            run.save(result_of(CELLS[1], status="failed", error=noise))
        assert [result.cell for result in run.results()] == [CELLS[0]]


def test_another_writer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "WAIT_FOR_OTHERS_S", 0.01)
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS) as run:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(EnvironmentFailed, match="another process is writing to it"):
            run.save(result_of(CELLS[0]))
        other.execute("ROLLBACK")
        other.close()
        run.save(result_of(CELLS[0]))
        assert len(run.results()) == 1


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        RunFile.open(tmp_path / "run.sqlite")


@pytest.mark.parametrize("content", [b"", b"name: pressure\n", b"SQLite format 3\0" + bytes(100)])
def test_a_file_of_another_kind_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a run file of pcpbench"):
        RunFile.open(path)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_an_input_error(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE header (header TEXT)")
    connection.close()
    with pytest.raises(InputError, match="not a run file of pcpbench"):
        RunFile.open(path)


def test_another_version_is_named_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, HEADER, CELLS).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(InputError, match=r"version 9, and .* reads versions up to 3; use"):
        RunFile.open(path)


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM header",
        "DROP TABLE header",
        "UPDATE header SET header = '{}'",
        "UPDATE cells SET cell = '[]' WHERE position = 2",
    ],
)
def test_a_damaged_run_file_is_an_input_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, HEADER, CELLS).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(damage)
    connection.close()
    with pytest.raises(InputError, match="the run file is damaged"):
        RunFile.open(path)


def test_a_value_that_is_not_finite_is_refused_by_name(tmp_path: Path) -> None:
    with RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run:
        wrong = result_of(CELLS[0], metrics={"good": 1.0, "bad": float("nan")})
        with pytest.raises(ValueError, match="metrics that are not finite: bad"):
            run.save(wrong)
        assert run.results() == ()


def test_a_cell_outside_the_plan_is_refused(tmp_path: Path) -> None:
    with (
        RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS) as run,
        pytest.raises(ValueError, match="not in the plan"),
    ):
        run.save(result_of(replace(CELL, seed=99)))


def test_a_plan_with_a_cell_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="twice"):
        RunFile.create(tmp_path / "run.sqlite", HEADER, (CELL, CELL))


def test_a_failed_creation_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk_full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_file_module, "write_plan", disk_full)
    with pytest.raises(EnvironmentFailed, match="the disk is full"):
        RunFile.create(tmp_path / "run.sqlite", HEADER, CELLS)
    assert list(tmp_path.iterdir()) == []


def test_a_margin_that_is_not_a_number_is_refused_before_a_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with pytest.raises(ValueError, match="Out of range"):
        RunFile.create(path, replace(HEADER, margins={"drain.ipis": float("nan")}), CELLS)
    assert not path.exists()


PROVENANCE = Provenance(
    sources=(
        Source(
            kind="hardware", name="epyc-7742", origin="built-in", digest="ab", content="name: x\n"
        ),
        Source(kind="plugin", name="mine", origin="mine 1.2", digest=""),
    ),
    metrics={metric.name: metric for metric in BUILT_IN},
)
OLDEST = Path(__file__).parent / "data" / "version-1.sqlite"
SECOND = Path(__file__).parent / "data" / "version-2.sqlite"
MOMENTS = Interruptions(
    seen=((2, 3), (3, 1)),
    kept=(
        Interruption(2, 1_500_000, 650_000, "ipi", "drain"),
        Interruption(2, 1_900_000, 7_000_000, "kworker", "vmstat"),
        Interruption(3, 1_000_001, 1, "tick", "drain"),
    ),
)


def test_a_run_file_keeps_what_the_run_was_made_from(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, HEADER, CELLS, PROVENANCE).close()
    with RunFile.open(path) as run:
        assert run.sources() == PROVENANCE.sources
        found = run.metrics()
        assert list(found) == [metric.name for metric in BUILT_IN]
        for metric in BUILT_IN:
            kept = replace(found[metric.name], of=metric.of)
            assert kept == metric


def test_results_know_the_session_and_engine_that_made_them(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="another", environment={"host": "there"}))
        run.save(result_of(CELLS[1]))
        run.save(result_of(CELLS[2]))
        assert run.engines() == {"0123abcd": 1, "another": 2}
        assert [s.environment["host"] for s in run.sessions()] == ["here", "there"]


def test_a_file_of_the_first_version_is_read_as_it_is_and_upgraded_to_go_on(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(OLDEST.read_bytes())
    with RunFile.open(path) as run:
        assert (run.version, run.header.version, run.sources(), run.metrics()) == (1, "", (), {})
        assert len(run.cells) == 4
        before = run.results(measurements=True)
        assert [result.status for result in before] == ["ok"] * 3
        assert run.engines() == {run.header.engine: 3}
        assert len(run.sessions()) == 1
    assert path.read_bytes() == OLDEST.read_bytes()
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="another", environment={}))
        run.save(result_of(run.cells[3]))
    with RunFile.open(path) as run:
        assert run.version == 3
        assert run.results(measurements=True)[:3] == before
        assert run.engines() == {run.header.engine: 3, "another": 1}


def test_a_file_of_the_second_version_is_read_as_it_is_and_upgraded_to_go_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(SECOND.read_bytes())
    with RunFile.open(path) as run:
        assert (run.version, run.interruptions()) == (2, {})
        assert len(run.sources()) == 2
        assert len(run.metrics()) > 50
        before = run.results(measurements=True)
        assert [result.status for result in before] == ["ok"] * 3
    assert path.read_bytes() == SECOND.read_bytes()
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="another", environment={}))
        run.save(result_of(run.cells[3], interruptions=MOMENTS))
    with RunFile.open(path) as run:
        assert (run.version, run.interruptions()) == (3, {})  # it is the second replicate
        assert run.results(measurements=True)[:3] == before
        assert run.engine_of(run.cells[3]) == "another"


def test_the_interruptions_of_the_first_replicate_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    header = replace(HEADER, experiment={"seed": 1})
    study = replace(CELLS[1], study="robustness")
    with RunFile.create(path, header, (*CELLS, study)) as run:
        for cell in run.cells:
            run.save(result_of(cell, interruptions=MOMENTS))
        run.save(result_of(CELLS[1], interruptions=MOMENTS))  # replaced, not kept twice
    with RunFile.open(path) as run:
        assert run.interruptions() == {CELLS[1]: MOMENTS}


@pytest.mark.parametrize("found", [Interruptions(), Interruptions(seen=((3, 0),))])
def test_no_interruption_is_kept_as_such(found: Interruptions) -> None:
    assert interruptions_from_bytes(interruptions_to_bytes(found)) == found


def test_interruptions_that_are_damaged_are_named(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, replace(HEADER, experiment={"seed": 0}), CELLS) as run:
        run.save(result_of(CELLS[0], interruptions=MOMENTS))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE interruptions SET interruptions = x'00'")
    with RunFile.open(path) as run, pytest.raises(InputError, match="damaged or cut short"):
        run.interruptions()


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_values_that_are_not_finite_are_named(tmp_path: Path, constant: str) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE results SET metrics = '{\"drain.ipis\":' || ? || '}'", [constant]
        )
    with (
        RunFile.open(path) as run,
        pytest.raises(InputError, match=f"{constant} among its metrics"),
    ):
        run.results()


def test_a_file_that_was_cut_short_is_named_wherever_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS, PROVENANCE) as run:
        for cell in CELLS:
            run.save(result_of(cell))
    whole = path.read_bytes()
    for size in range(1, len(whole), 1023):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError) as refused, RunFile.open(path) as run:
            run.results(measurements=True)
        said = str(refused.value)
        assert "not a run file of pcpbench" in said or "damaged or cut short" in said
        assert "\n" not in said


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE results SET measurements = x'00'",
        "UPDATE results SET metrics = '{'",
        "UPDATE results SET measurements = substr(measurements, 1, 40)",
    ],
)
def test_a_damaged_result_is_an_input_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS) as run:
        run.save(result_of(CELLS[0]))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(damage)
    connection.close()
    with RunFile.open(path) as run, pytest.raises(InputError, match="damaged or cut short"):
        run.results(measurements=True)


def test_bytes_changed_at_random_never_give_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, HEADER, CELLS, PROVENANCE) as run:
        for cell in CELLS:
            run.save(result_of(cell))
    whole = path.read_bytes()
    generator = random.Random(7)
    refused = 0
    for _ in range(200):
        wrong = bytearray(whole)
        for _ in range(20):
            wrong[generator.randrange(len(wrong))] = generator.randrange(256)
        path.write_bytes(wrong)
        try:
            with RunFile.open(path) as run:
                run.results(measurements=True)
                run.metrics(), run.sources(), run.sessions(), run.engines()
        except (InputError, EnvironmentFailed):
            refused += 1
    assert refused > 0


def test_a_run_is_worked_on_by_one_process_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    session = Session(engine="e", environment={})
    with RunFile.create(path, HEADER, CELLS) as run, RunFile.open(path) as other:
        with pytest.raises(EnvironmentFailed, match="another pcpbench is working on this run"):
            other.begin_session(session)
        run.save(result_of(CELLS[0]))
        assert len(other.results()) == 1  # reading is free
    with RunFile.open(path) as again:
        again.begin_session(session)
        again.begin_session(session)  # the same one may
        again.save(result_of(CELLS[1]))
        assert len(again.results()) == 2


def test_nothing_is_left_of_a_run_that_was_begun_twice(tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, HEADER, CELLS).close()
    with pytest.raises(InputError, match="exists already"):
        RunFile.create(path, HEADER, CELLS)
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="e", environment={}))
