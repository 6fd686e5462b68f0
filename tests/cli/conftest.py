"""Runs commands as a user would, and a small experiment for them to read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pcpbench

EXPERIMENT = """\
format: pcpbench/1
name: small
question: Does it work?
hardware: epyc-7742
kernel: v5.15
machine: {cpus: 3, isolated: 2, nohz_full: true, isolcpus: true, memory: 64 MiB}
scenarios:
  generated:
    - {kind: repeat, cpus: housekeeping}
strategies: [workqueue, spinlock-trylock]
baseline: workqueue
simulate: {warm_up: 1 ms, time: 5 ms}
replicates: 2
primary: [throughput_pages_per_s]
"""

GUEST = """\
\"\"\"A guest.\"\"\"
from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.strategy import Strategy

class Guest(Strategy):
    name = "guest"
    summary = "a strategy of a plugin"
    def drain_all(self, d):
        FAULT

@hookimpl
def pcpbench_strategies():
    return [Guest]
"""

Command = Callable[..., subprocess.CompletedProcess[str]]


PACKAGE = str(Path(pcpbench.__file__).parents[1])


@pytest.fixture(scope="session")
def command_server() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("command_server.py"))],
        # numpy starts threads for algebra, which a process that forks should not have.
        env={**os.environ, "PYTHONPATH": PACKAGE, "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        yield server


@pytest.fixture
def pcpbench_command(tmp_path: Path, command_server: subprocess.Popen[str]) -> Command:
    """``pcpbench WORDS`` in the folder ``tmp_path``, the package that is under test.

    ``pcpbench run`` is given ``--jobs 1`` unless the words say how many: the few short cells of
    these tests take less time than the start of workers.
    """
    stdin, stdout = command_server.stdin, command_server.stdout
    assert stdin is not None and stdout is not None

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        jobs = () if words[0] != "run" or "--jobs" in words else ("--jobs", 1)
        with tempfile.TemporaryDirectory() as folder:
            said, complained = Path(folder, "stdout"), Path(folder, "stderr")
            request = {
                "words": [str(word) for word in (*words, *jobs)],
                "folder": str(tmp_path),
                "environment": {**os.environ, "PYTHONPATH": PACKAGE},
                "stdout": str(said),
                "stderr": str(complained),
            }
            print(json.dumps(request), file=stdin, flush=True)
            code = int(stdout.readline())
            return subprocess.CompletedProcess(
                request["words"], code, said.read_text(), complained.read_text()
            )

    return call


@pytest.fixture(scope="session")
def experiment_text() -> str:
    return EXPERIMENT


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(EXPERIMENT)
    return path


@pytest.fixture
def guest(tmp_path: Path) -> Callable[[str], Path]:
    """A plugin file with a strategy whose drain does the statement given."""

    def make(statement: str) -> Path:
        path = tmp_path / "guest_plugin.py"
        path.write_text(GUEST.replace("FAULT", statement))
        return path

    return make
