"""Tests `pcpbench aa` as a user meets it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_a_strategy_beside_itself_is_repeatable_and_told_in_full(
    pcpbench_command: Command, experiment: Path
) -> None:
    done = pcpbench_command("aa", experiment, "--replicates", 4, "--json", "--output", "r.sqlite")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["format"] == "pcpbench-aa/1"
    assert told["strategy"] == "workqueue"
    assert told["equal_bytes"] == {"repeated": 1, "unequal": []}
    assert told["false_alarms"]["splits"] == 10_000
    (floor,) = [f for f in told["noise_floor"] if f["metric"] == "throughput_pages_per_s"]
    assert (floor["n"], floor["margin"]) == (4, 0.01) and 0 < floor["floor"] < 0.05
    (settling,) = told["warm_up"]["settling"]
    assert settling["too_short"] is False and 0 <= settling["p_drift"] <= 1
    assert len(settling["means"]) == 16 and settling["metric"] == "throughput_pages_per_s"


def test_the_text_fits_80_columns_and_the_run_can_be_printed(
    pcpbench_command: Command, experiment: Path
) -> None:
    words = ("aa", experiment, "--strategy", "spinlock-trylock", "--output", "r.sqlite")
    done = pcpbench_command(*words)
    assert done.returncode == 0, done.stderr
    assert "spinlock-trylock beside itself, 2 replicates in each arm" in done.stdout
    assert "Equal seeds give equal bytes" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert pcpbench_command("report", "r.sqlite").returncode == 0


def test_a_strategy_that_is_not_repeatable_is_found(
    pcpbench_command: Command, experiment: Path, guest: Callable[[str], Path]
) -> None:
    # It asks the clock of the host how often to scan, which no seed decides.
    loop = "for _ in range(time.time_ns() % 50 + 1):"
    plugin = guest(f"import time\n        {loop}\n            yield d.scan_counts()")
    words = ("--set", "strategies=[guest]", "--set", "baseline=guest", "-p", plugin)
    drains = ("--set", "drains={rate: 5 k/s}", "--output", "r.sqlite")
    done = pcpbench_command("aa", experiment, *words, *drains)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "NOT REPEATABLE" in done.stdout


def test_a_failed_cell_is_exit_code_3(
    pcpbench_command: Command, experiment: Path, guest: Callable[[str], Path]
) -> None:
    plugin = guest("raise RuntimeError('no such luck'); yield")
    words = ("--set", "strategies=[guest]", "--set", "baseline=guest", "-p", plugin)
    drains = ("--set", "drains={rate: 1 k/s}", "--output", "r.sqlite")
    done = pcpbench_command("aa", experiment, *words, *drains)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr + done.stdout


def test_mistakes_are_named(pcpbench_command: Command, experiment: Path) -> None:
    wrong = pcpbench_command("aa", experiment, "--strategy", "workqeue")
    assert wrong.returncode == 2 and "did you mean 'workqueue'?" in wrong.stderr
    one = pcpbench_command("aa", experiment, "--replicates", 1, "--set", "strategies=[workqueue]")
    assert one.returncode == 2 and "two arms cannot be compared on 1 replicate" in one.stderr
