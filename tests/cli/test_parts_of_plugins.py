"""Executors and parts of reports that plugins bring are named on the command line."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

PLUGIN = """
    from pcpbench.plugin import Executor, ReportFormat, ReportSection, hookimpl, param
    from pcpbench.report import Section

    class Loud(Executor):
        name = "loud"
        summary = "tells its volume"
        volume: int = param(1, ge=1, le=11, help="How loud.")
        again: bool = param(False)
        def results(self, batches, work):
            for cells in batches:
                print(f"volume {self.volume} {self.again}")
                for cell in cells:
                    yield work.simulate(cell)

    @hookimpl
    def pcpbench_executors():
        return [Loud]

    @hookimpl
    def pcpbench_report_formats():
        return [ReportFormat(name="names", summary="s", render=lambda r, w: str(r.strategies))]

    @hookimpl
    def pcpbench_report_sections():
        build = lambda report, wishes: Section(title="Weather", text="It is dry.")
        return [ReportSection(name="weather", summary="s", build=build)]
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "parts.py"
    path.write_text(textwrap.dedent(PLUGIN))
    return path


def test_a_run_goes_through_the_executor_and_its_report_has_the_section(
    pcpbench_command: Any, experiment: Path, plugin: Path
) -> None:
    words = ("-p", plugin, "--output", "run.sqlite")
    done = pcpbench_command("run", experiment, *words, "--executor", "loud:volume=9,again=true")
    assert done.returncode == 0, done.stderr
    assert "volume 9 True" in done.stderr
    assert "Weather\n=======\n\nIt is dry." in done.stdout
    again = pcpbench_command("report", "run.sqlite", "-p", plugin, "--format", "names")
    assert again.stdout.startswith("('workqueue', ")
    plain = pcpbench_command("report", "run.sqlite")
    assert (plain.returncode, plain.stderr) == (0, "")
    assert "Weather" not in plain.stdout


@pytest.mark.parametrize(
    ("executor", "why"),
    [
        ("loudd", "no executor is called 'loudd'; did you mean 'loud'?"),
        ("loud:volum=3", "Loud has no parameter 'volum'; did you mean 'volume'?"),
        ("loud:volume=12", "volume is 12; it must be a whole number from 1 to 11"),
        ("loud:volume=much", "volume is 'much'; it must be a whole number from 1 to 11"),
        ("loud:volume", "'volume' is not KEY=VALUE"),
        ("loud:again=perhaps", "again is 'perhaps'; it must be true or false"),
    ],
)
def test_what_is_wrong_with_an_executor_is_said_before_a_file_is_made(
    pcpbench_command: Any, experiment: Path, plugin: Path, executor: str, why: str
) -> None:
    words = ("-p", plugin, "--output", "run.sqlite", "--executor", executor)
    done = pcpbench_command("run", experiment, *words)
    assert done.returncode == 2
    assert f"--executor: {why}" in done.stderr
    assert not (experiment.parent / "run.sqlite").exists()


@pytest.mark.parametrize("kind", ["formats", "sections", "executors"])
def test_they_are_listed(pcpbench_command: Any, plugin: Path, kind: str) -> None:
    name = {"formats": "names", "sections": "weather", "executors": "loud"}[kind]
    done = pcpbench_command("list", kind, "-p", plugin)
    assert any(line.split()[:1] == [name] for line in done.stdout.splitlines())
    told = pcpbench_command("describe", name, "-p", plugin)
    assert told.returncode == 0
