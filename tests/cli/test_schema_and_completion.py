"""Tests `pcpbench schema` and `pcpbench completion`: what editors and shells are told."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


def test_the_schema_knows_the_names_of_a_plugin(
    pcpbench_command: Command, guest: Callable[[str], Path]
) -> None:
    done = pcpbench_command("schema", "-p", guest("yield"))
    told = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert told["$schema"].startswith("https://json-schema.org/")
    names = told["properties"]["strategies"]["anyOf"][1]["anyOf"][0]["enum"]
    assert {"guest", "workqueue"} <= set(names)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_names_every_command_and_its_options(
    pcpbench_command: Command, shell: str
) -> None:
    done = pcpbench_command("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("describe", "conform", "schema", "replicates", "strategies"):
        assert word in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["pcpbench", "des"], "describe"),
        (["pcpbench", "run", "--replic"], "--replicates"),
        (["pcpbench", "list", "work"], "workloads"),
        (["pcpbench", "new", "strat"], "strategy"),
    ],
)
def test_bash_completes(pcpbench_command: Command, words: list[str], completed: str) -> None:
    script = pcpbench_command("completion", "bash").stdout
    array = " ".join(words)
    ask = f"COMP_WORDS=({array}); COMP_CWORD={len(words) - 1}; _pcpbench; printf '%s\\n' $COMPREPLY"
    done = subprocess.run(["bash", "-c", script + ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [completed]


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
@pytest.mark.parametrize(
    ("line", "completed"),
    [("pcpbench des", "describe"), ("pcpbench run --replic", "--replicates")],
)
def test_fish_completes(
    pcpbench_command: Command, tmp_path: Path, line: str, completed: str
) -> None:
    script = tmp_path / "script"
    script.write_text(pcpbench_command("completion", "fish").stdout)
    ask = f"source {script}; complete -C '{line}'"
    done = subprocess.run(["fish", "-N", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [completed]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_knows_who_completes(pcpbench_command: Command, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(pcpbench_command("completion", "zsh").stdout)
    ask = f"autoload -U compinit && compinit -u -D; source {script}; print $_comps[pcpbench]"
    done = subprocess.run(["zsh", "-f", "-c", ask], capture_output=True, text=True, check=True)
    assert "_pcpbench" in done.stdout


CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("**/*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_every_config_points_editors_to_the_schema(config: Path) -> None:
    first = config.read_text().splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((config.parent / schema).read_text())["title"].startswith("pcpbench")
