"""Cells are carried out by executors; one of a plugin that fails ends the run with words."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcpbench.errors import EnvironmentFailed, Interrupted
from pcpbench.plugin.registry import load_registry
from pcpbench.runner import SilentProgress, run_experiment
from pcpbench.runner.executors import Here, Processes
from pcpbench.store import RunFile

NewRun = Callable[..., RunFile]

# As `dask.distributed` would be used: ``submit`` and ``as_completed`` have the same names there.
POOL = """
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context
    from pcpbench.plugin import Executor, hookimpl, param

    class Pool(Executor):
        name = "pool"
        summary = "processes of the standard library"
        local = False
        workers: int = param(2, ge=1, help="How many.")

        def results(self, batches, work):
            with ProcessPoolExecutor(self.workers, get_context("spawn")) as pool:
                for cells in batches:
                    for future in as_completed([pool.submit(work.simulate, c) for c in cells]):
                        yield future.result()

    @hookimpl
    def pcpbench_executors():
        return [Pool]
"""


def carried_out(run_file: RunFile, executor: Any, simulation: str = "good") -> int:
    return run_experiment(
        run_file,
        registry=load_registry(),
        progress=SilentProgress(),
        simulate=f"stand_in:{simulation}",
        executor=executor,
    )


def test_an_executor_of_a_plugin_gives_what_the_built_in_ones_give(
    new_run: NewRun, tmp_path: Path
) -> None:
    plugin = tmp_path / "pool.py"
    plugin.write_text(textwrap.dedent(POOL))
    registry = load_registry([str(plugin)])
    assert registry.warnings == ()
    found = []
    for number, executor in enumerate((Here(), Processes(), registry.executors["pool"]())):
        with new_run(5, plugins=(str(plugin),), name=f"{number}.sqlite") as run_file:
            assert carried_out(run_file, executor, "raising") == 1
            found.append([(r.cell, r.status, dict(r.metrics)) for r in run_file.results()])
    assert found[0] == found[1] == found[2]
    assert [status for _, status, _ in found[0]] == ["ok", "failed", "ok", "ok", "ok"]


class Serial(Here):
    """Gives what a test wants in place of the results."""

    name = "serial"

    def __init__(self, give: Callable[[Any, Any], Any]) -> None:
        self.give = give
        self.freed = False

    def results(self, batches: Any, work: Any) -> Any:
        try:
            for cells in batches:
                yield from self.give(cells, work)
        finally:
            self.freed = True


def of_all(cells: Any, work: Any) -> Any:
    return [work.simulate(cell) for cell in cells]


@pytest.mark.parametrize(
    ("give", "why"),
    [
        (lambda cells, work: 1 / 0, "executor 'serial' raised ZeroDivisionError: .*test_exec"),
        (lambda cells, work: [work.simulate(cells[0]), 7], "gave 7, which is not a CellResult"),
        (lambda cells, work: [work.simulate(cells[0])] * 2, "seed 0 that nobody waits for"),
        (lambda cells, work: of_all(cells[:2], work), "asked for more cells before"),
        (lambda cells, work: 3, "executor 'serial' raised TypeError"),
    ],
)
def test_an_executor_that_fails_ends_the_run_and_keeps_what_it_gave(
    new_run: NewRun, give: Any, why: str
) -> None:
    executor = Serial(give)
    with new_run(3) as run_file:
        with pytest.raises(EnvironmentFailed, match=why) as failed:
            carried_out(run_file, executor)
        kept = len(run_file.results())
    assert f"{kept} of 3 cells are kept" in str(failed.value)
    assert executor.freed


def test_an_executor_that_ends_too_early_is_found_out(new_run: NewRun) -> None:
    class Lazy(Here):
        name = "lazy"

        def results(self, batches: Any, work: Any) -> Any:
            return iter(of_all(next(iter(batches))[:1], work))

    with (
        new_run(3) as run_file,
        pytest.raises(EnvironmentFailed, match="'lazy' ended with 2 or more cells missing"),
    ):
        carried_out(run_file, Lazy())


def test_ctrl_c_closes_the_executor(new_run: NewRun) -> None:
    executor = Serial(of_all)
    with new_run(4) as run_file, pytest.raises(Interrupted):
        carried_out(run_file, executor, "interrupted")
    assert executor.freed


def test_what_runs_elsewhere_is_not_limited_by_this_machine(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Elsewhere(Here):
        name = "elsewhere"
        local = False

    monkeypatch.setattr("pcpbench.runner.capacity.available_bytes", lambda: 1)
    with new_run(2) as run_file:
        assert carried_out(run_file, Elsewhere()) == 0
        with pytest.raises(EnvironmentFailed, match="largest cell"):
            run_experiment(run_file, registry=load_registry(), progress=SilentProgress())
