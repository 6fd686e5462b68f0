"""Every command that takes a run says in one sentence why a file is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pcpbench.cli.main import main

WHOLE = Path(__file__).parents[1] / "store" / "data" / "version-1.sqlite"


def empty(path: Path) -> None:
    path.touch()


def text(path: Path) -> None:
    path.write_text("hello\n")


def foreign(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (x)")
    connection.commit()
    connection.close()


def cut(path: Path) -> None:
    path.write_bytes(WHOLE.read_bytes()[:5000])


def folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (empty, "this is not a run file of pcpbench"),
        (text, "this is not a run file of pcpbench"),
        (foreign, "this is not a run file of pcpbench"),
        (cut, "the run file is damaged or cut short"),
        (folder, "this is a folder"),
        (nothing, "there is no such file"),
    ],
)
def test_what_is_no_run_is_refused_by_every_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], None],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    make(tmp_path / "r.sqlite")
    for words in (
        ["report", "r.sqlite"],
        ["compare", "r.sqlite", str(WHOLE)],
        ["compare", str(WHOLE), "r.sqlite"],
        ["explain", "r.sqlite", "1"],
        ["timeline", "r.sqlite", "1"],
        ["run", "--resume", "r.sqlite"],
    ):
        assert main(words) == 2, words
        told = capsys.readouterr()
        (line,) = told.err.splitlines()
        assert line.startswith(f"pcpbench: error: r.sqlite: {said}"), words
        assert not told.out
