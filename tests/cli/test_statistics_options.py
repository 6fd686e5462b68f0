"""Tests what a user asks of the statistics: other pairs, fewer replicates, published numbers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]
THREE = "strategies=[workqueue, spinlock-trylock, rcu-swap]"
UNTIL = "replicates={max: 20, until: {ci_width: 10 %}}"


@pytest.fixture
def three(pcpbench_command: Command, experiment: Path) -> str:
    done = pcpbench_command("run", experiment, "--set", THREE, "--output", "three.sqlite")
    assert done.returncode == 0, done.stderr
    return "three.sqlite"


def pairs(told: dict[str, Any]) -> set[tuple[str, str]]:
    return {(c["baseline"], c["candidate"]) for c in told["comparisons"]}


def test_another_baseline_and_all_pairs_come_from_a_finished_run(
    pcpbench_command: Command, three: str
) -> None:
    told = json.loads(pcpbench_command("report", three, "--json").stdout)
    assert pairs(told) == {("workqueue", "spinlock-trylock"), ("workqueue", "rcu-swap")}
    other = pcpbench_command("report", three, "--json", "--baseline", "rcu-swap")
    assert pairs(json.loads(other.stdout)) == {
        ("rcu-swap", "workqueue"),
        ("rcu-swap", "spinlock-trylock"),
    }
    every = json.loads(pcpbench_command("report", three, "--json", "--all-pairs").stdout)
    assert pairs(every) == pairs(told) | {("spinlock-trylock", "rcu-swap")}
    text = pcpbench_command("report", three, "--all-pairs").stdout
    assert "rcu-swap instead of spinlock-trylock" in text


def test_more_pairs_make_the_family_larger(pcpbench_command: Command, three: str) -> None:
    def primary(*words: str) -> list[float]:
        told = json.loads(pcpbench_command("report", three, "--json", *words).stdout)
        chosen = [c for c in told["comparisons"] if c["primary"] and c["baseline"] == "workqueue"]
        return [c["p_difference"] for c in chosen if c["p_difference"] is not None]

    assert all(a <= b for a, b in zip(primary(), primary("--all-pairs"), strict=True))


def test_a_run_stops_when_its_intervals_are_narrow_and_lacks_nothing(
    pcpbench_command: Command, experiment: Path
) -> None:
    words = ("run", experiment, "--set", UNTIL, "--output", "r.sqlite")
    done = pcpbench_command(*words)
    assert done.returncode == 0, done.stderr
    assert "That was enough after 10." in " ".join(done.stdout.split())
    again = pcpbench_command("report", "r.sqlite")
    assert (again.stdout, again.stderr) == (done.stdout, "")
    told = json.loads(pcpbench_command("report", "r.sqlite", "--json").stdout)
    until = told["run"]["provenance"]["until"]
    assert (until["replicates"], until["done"], until["narrow"]) == (10, True, True)
    assert sorted({cell["seed"] for cell in told["cells"]}) == list(range(1, 11))


def test_a_run_that_stopped_has_nothing_to_resume(
    pcpbench_command: Command, experiment: Path
) -> None:
    done = pcpbench_command("run", experiment, "--set", UNTIL, "--output", "r.sqlite")
    again = pcpbench_command("run", "--resume", "r.sqlite")
    assert again.returncode == 0, again.stderr
    assert again.stdout == done.stdout


def test_published_numbers_are_hit_or_missed(pcpbench_command: Command, experiment: Path) -> None:
    experiment.write_text(
        experiment.read_text()
        + "reference:\n"
        + "  - {name: hit, source: a, metric: throughput_pages_per_s, value: 1 k/s, "
        + "tolerance: 1 M%}\n".replace("1 M%", "1000000 %")
        + "  - {name: far, source: b, metric: throughput_pages_per_s, value: 1 k/s}\n"
        + "  - {name: none, source: c, metric: drain.latency_ns.p99, value: 1 us}\n"
    )
    done = pcpbench_command("run", experiment, "--json", "--output", "r.sqlite")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["references"]
    assert [(row["name"], row["outcome"]) for row in rows] == [
        *[("hit", "hit")] * 2,
        *[("far", "miss")] * 2,
        *[("none", "no value")] * 2,
    ]
    assert rows[0]["strategy"] == "workqueue" and rows[0]["measured"] > 1000
    assert rows[4]["measured"] is None and rows[4]["why"]
    text = pcpbench_command("report", "r.sqlite").stdout
    assert "Published numbers beside those of this run: 2 hit, 2 miss and 2 no value." in text
