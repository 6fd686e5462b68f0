"""Listeners are told what happens in a run; one that fails is told of, and the run goes on."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from pcpbench.plugin.registry import load_registry
from pcpbench.runner import SilentProgress, run_experiment
from pcpbench.simulator.cell import Cell, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.run import run_cell
from pcpbench.store import RunFile, RunHeader

LISTENER = """
    from pcpbench.plugin import hookimpl

    HEARD = []

    @hookimpl
    def pcpbench_experiment_began(name, cells):
        HEARD.append(("began", name, len(cells)))

    @hookimpl
    def pcpbench_cell_ended(result):
        HEARD.append(("cell", result.cell.seed, result.status))

    @hookimpl
    def pcpbench_drain_ended(cell, drain):
        HEARD.append(("drain", cell.seed, drain.ended_ns >= drain.asked_ns))

    @hookimpl
    def pcpbench_experiment_ended(name, done, failed, interrupted):
        HEARD.append(("ended", name, done, failed, interrupted))
"""
RAISING = """
    from pcpbench.plugin import hookimpl

    @hookimpl
    def pcpbench_drain_ended(drain):
        raise ValueError("no such table")
"""


def a_cell(seed: int) -> Cell:
    return Cell(
        hardware="epyc-7742",
        kernel="v5.15",
        machine=Machine(
            cpus=3,
            isolated=(2,),
            nohz_full=True,
            isolcpus=True,
            rcu_normal=False,
            memory_bytes=64 << 20,
            page_bytes=4096,
        ),
        scenario="s",
        workloads=(WorkloadChoice(kind="repeat", cpus=(0, 1)),),
        strategy=StrategyChoice(name="workqueue", label="workqueue"),
        seed=seed,
        warm_up_ns=0,
        time_ns=20_000_000,
        drains_per_s=500.0,
    )


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / f"listener_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(textwrap.dedent(text))
        return str(path)

    return write


def heard(registry: object) -> list[tuple[object, ...]]:
    (listener,) = registry.listeners.of["cell_ended"]  # type: ignore[attr-defined]
    (implementation,) = listener.call.get_hookimpls()
    found: list[tuple[object, ...]] = implementation.plugin.HEARD
    return found


def test_a_listener_hears_the_whole_run_in_order(
    plugin: Callable[[str], str], tmp_path: Path
) -> None:
    registry = load_registry([plugin(LISTENER)])
    assert registry.warnings == ()
    header = RunHeader(
        name="listened",
        question="",
        experiment={},
        baseline="workqueue",
        primary=(),
        margins={},
        engine="e",
        plugins=(),
    )
    with RunFile.create(tmp_path / "run.sqlite", header, [a_cell(1), a_cell(2)]) as run_file:
        run_experiment(run_file, registry=registry, jobs=1, progress=SilentProgress())
        drains = [result.metrics["drain.completed"] for result in run_file.results()]
    events = heard(registry)
    assert events[0] == ("began", "listened", 2)
    assert events[-1] == ("ended", "listened", 2, 0, False)
    for seed, count in enumerate(drains, start=1):
        assert events.count(("drain", seed, True)) == count > 0
        of_cell = [kind for kind, *rest in events[1:-1] if rest[0] == seed]
        assert of_cell[-1] == "cell"


def test_watching_drains_changes_no_result(plugin: Callable[[str], str]) -> None:
    alone = run_cell(a_cell(1), load_registry())
    listened = run_cell(a_cell(1), load_registry([plugin(LISTENER)]))
    assert (alone.counters, alone.histograms) == (listened.counters, listened.histograms)


def test_drains_are_not_watched_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def watched(simulation: object) -> None:
        raise AssertionError("drains were watched")

    monkeypatch.setattr("pcpbench.simulator.run.records_of", watched)
    assert run_cell(a_cell(1), load_registry()).status == "ok"


def test_a_listener_that_raises_is_told_of_once_and_the_others_go_on(
    plugin: Callable[[str], str], capfd: pytest.CaptureFixture[str]
) -> None:
    broken = plugin(RAISING)
    registry = load_registry([broken, plugin(LISTENER)])
    result = run_cell(a_cell(1), registry)
    assert result.status == "ok"
    assert len(heard(registry)) == result.metrics["drain.completed"]
    (line,) = capfd.readouterr().err.splitlines()
    assert f"plugin '{broken}', pcpbench_drain_ended of seed 1 at " in line
    assert f"raised ValueError: no such table ({broken}:6)" in line


def test_a_listener_that_asks_for_what_an_event_does_not_have_is_a_warning(
    plugin: Callable[[str], str],
) -> None:
    text = LISTENER.replace("pcpbench_cell_ended(result)", "pcpbench_cell_ended(weather)")
    (warning,) = load_registry([plugin(text)]).warnings
    assert "weather" in warning


def test_interruption_is_not_swallowed() -> None:
    from pcpbench.plugin.events import Listener, Listeners

    def stop(**facts: object) -> None:
        raise KeyboardInterrupt

    listeners = Listeners()
    listeners.of["cell_ended"].append(Listener("p", stop))
    with pytest.raises(KeyboardInterrupt):
        listeners.tell("cell_ended", result=SimpleNamespace())
