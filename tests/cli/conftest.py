"""Runs commands as a user would, and a small experiment for them to read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
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


@pytest.fixture
def pcpbench_command(tmp_path: Path) -> Command:
    """``pcpbench WORDS`` in the folder ``tmp_path``, the package that is under test."""
    package = str(Path(pcpbench.__file__).parents[1])

    def call(*words: object, environment: dict[str, str] | None = None, **options: object):  # type: ignore[no-untyped-def]
        return subprocess.run(
            [sys.executable, "-P", "-m", "pcpbench", *map(str, words)],
            env={**os.environ, "PYTHONPATH": package, **(environment or {})},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            **options,  # type: ignore[call-overload]
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
