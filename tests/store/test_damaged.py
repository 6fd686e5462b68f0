"""Files that are no run files, or damaged ones, are told so and never give a traceback."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pcpbench.errors import EnvironmentFailed, InputError
from pcpbench.store import RunFile


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


def test_another_version_is_named_with_a_remedy(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, sample.header, sample.cells).close()
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
def test_a_damaged_run_file_is_an_input_error(tmp_path: Path, damage: str, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    RunFile.create(path, sample.header, sample.cells).close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(damage)
    connection.close()
    with pytest.raises(InputError, match="the run file is damaged"):
        RunFile.open(path)


def test_a_value_that_is_not_finite_is_refused_by_name(tmp_path: Path, sample: Any) -> None:
    with RunFile.create(tmp_path / "run.sqlite", sample.header, sample.cells) as run:
        wrong = sample.result_of(sample.cells[0], metrics={"good": 1.0, "bad": float("nan")})
        with pytest.raises(ValueError, match="metrics that are not finite: bad"):
            run.save(wrong)
        assert run.results() == ()


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_values_that_are_not_finite_are_named(tmp_path: Path, constant: str, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE results SET metrics = '{\"drain.ipis\":' || ? || '}'", [constant]
        )
    with (
        RunFile.open(path) as run,
        pytest.raises(InputError, match=f"{constant} among its metrics"),
    ):
        run.results()


def test_a_file_that_was_cut_short_is_named_wherever_it_was_cut(
    tmp_path: Path, sample: Any
) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells, sample.provenance) as run:
        for cell in sample.cells:
            run.save(sample.result_of(cell))
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
def test_a_damaged_result_is_an_input_error(tmp_path: Path, damage: str, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells) as run:
        run.save(sample.result_of(sample.cells[0]))
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(damage)
    connection.close()
    with RunFile.open(path) as run, pytest.raises(InputError, match="damaged or cut short"):
        run.results(measurements=True)


def test_bytes_changed_at_random_never_give_a_traceback(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, sample.header, sample.cells, sample.provenance) as run:
        for cell in sample.cells:
            run.save(sample.result_of(cell))
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
