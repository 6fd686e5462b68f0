"""Tests how commands end: with words and a code, never with a traceback."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pcpbench
from pcpbench import __version__
from pcpbench.cli import output
from pcpbench.cli.ending import exit_code_of
from pcpbench.cli.main import main
from pcpbench.errors import CellFailed, InputError, Problem

Command = Callable[..., subprocess.CompletedProcess[str]]


PACKAGE = str(Path(pcpbench.__file__).parents[1])


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError([Problem("a", "f:1"), Problem("b")]), 2, "error: f:1: a\npcpbench: error: b"),
        (CellFailed("some cells failed"), 3, "error: some cells failed"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 5, "error: memory ran out"),
        (PermissionError(13, "Permission denied", "x"), 5, "error: x: Permission denied"),
        (KeyError("odd"), 70, "error: KeyError: 'odd'; this is a bug of pcpbench"),
    ],
)
def test_every_error_has_words_and_a_code(
    capfd: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert exit_code_of(raising(error)) == code
    written = capfd.readouterr().err
    assert f"pcpbench: {said}" in written
    assert "Traceback" not in written


def test_debug_lets_a_bug_show_its_traceback() -> None:
    with pytest.raises(KeyError):
        exit_code_of(raising(KeyError("odd")), debug=True)


def test_the_version_is_told(pcpbench_command: Command) -> None:
    assert pcpbench_command("--version").stdout == f"pcpbench {__version__}\n"


def test_help_names_every_command_and_exit_code(pcpbench_command: Command) -> None:
    text = pcpbench_command("--help").stdout
    for word in ("run", "report", "check", "list", "describe", "130 interrupted"):
        assert word in text


def test_help_loads_no_heavy_package() -> None:
    script = (
        "import sys\nfrom pcpbench.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'yaml', 'tabulate', 'pluggy', 'sqlite3', 'pcpbench._native'}\n"
        "print('loaded:', *sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    reader = tmp_path / "reader.py"
    reader.write_text(
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-P', '-m', 'pcpbench', 'list', 'metrics'],\n"
        "                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)\n"
        "p.stdout.close()\n"
        "print(p.wait(), p.stderr.read())\n"
    )
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    done = subprocess.run(
        [sys.executable, str(reader)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split(maxsplit=1) == ["141", "b''\n"]


def test_a_full_disk_behind_stdout_is_told() -> None:
    environment = {**os.environ, "PYTHONPATH": PACKAGE}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pcpbench", "list", "strategies"],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 5
    assert done.stderr == "pcpbench: error: output: No space left on device\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch,
    stream: io.StringIO,
    environment: dict[str, str],
    expected: bool,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(output.sys, "stdout", stream)
    assert output.colourful() is expected


def test_main_returns_the_code_of_the_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "workqueue"]) == 0
    assert main(["describe", "nothing-of-the-kind"]) == 2
    assert "nothing is called" in capfd.readouterr().err
