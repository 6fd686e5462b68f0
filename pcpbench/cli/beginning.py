"""Decides which run a `pcpbench run` works on: a new one, or one that was left unfinished."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.ending import tell, tell_warning
from pcpbench.cli.executors import executor_named
from pcpbench.cli.planning import registry_with, whole_paths
from pcpbench.errors import InputError, Problem

if TYPE_CHECKING:
    from pcpbench.cli.planning import Planned
    from pcpbench.plugin.executor import Executor
    from pcpbench.plugin.registry import Registry
    from pcpbench.simulator.cell import Cell
    from pcpbench.store import RunFile

# Options that belong to an experiment; a run that goes on has its own.
OF_THE_EXPERIMENT = (
    *("config", "settings", "seed", "replicates", "quick", "output", "dry_run"),
    *("sensitivity", "draws"),
)
AS_WRITTEN = {"config": "CONFIG", "settings": "--set", "dry_run": "--dry-run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run file open for writing, what its cells need, how many of them run at once, and what
    carries them out (None: the usual executor)."""

    run_file: RunFile
    registry: Registry
    workers: int | None
    executor: Executor | None


def check_words(arguments: argparse.Namespace) -> None:
    """Raises InputError where options contradict each other."""
    if arguments.resume is None:
        problems = []
        if arguments.config is None:
            remedy = "`pcpbench run --help` shows what there is"
            problems.append(Problem("the following arguments are required: CONFIG", None, remedy))
        if arguments.draws is not None and not arguments.sensitivity:
            problems.append(Problem("--draws is for --sensitivity", None, "give both, or neither"))
        if arguments.allow_mixed:
            problems.append(Problem("--allow-mixed is for --resume", None, "leave it out"))
    else:
        given = [name for name in OF_THE_EXPERIMENT if getattr(arguments, name)]
        problems = [
            Problem(
                f"--resume goes on with the run as it was planned, without "
                f"{AS_WRITTEN.get(name, f'--{name}')}",
                None,
                "leave it out, or begin a new run",
            )
            for name in given
        ]
    if problems:
        raise InputError(problems)


def begun(
    planned: Planned, output: Path | None, jobs: int | None, executor_text: str | None = None
) -> Begun:
    """A new run file. ``executor_text``: of ``--executor``. Raises EnvironmentFailed, before it
    is made, if a cell does not fit."""
    from pcpbench.runner import provenance, run_header
    from pcpbench.store import RunFile

    executor = executor_named(executor_text, planned.registry)
    workers = _workers(planned.cells, jobs, executor)
    header = run_header(planned.experiment, plugins=planned.plugins, command=sys.argv)
    path = output or _new_path(planned.experiment.name, datetime.now())
    made_from = provenance(planned.registry, planned.cells)
    run_file = RunFile.create(path, header, planned.cells, made_from)
    return Begun(run_file=run_file, registry=planned.registry, workers=workers, executor=executor)


def resumed(arguments: argparse.Namespace) -> Begun:
    """The run file of ``--resume``. Raises InputError if it may not go on as things are."""
    from pcpbench.runner import check_resumable, new_session
    from pcpbench.store import RunFile

    run_file = RunFile.open(arguments.resume)
    try:
        plugins = dict.fromkeys((*run_file.header.plugins, *whole_paths(arguments.plugin)))
        registry = registry_with(tuple(plugins))
        executor = executor_named(arguments.executor, registry)
        pending = run_file.pending()
        workers: int | None = 1
        if pending:
            changed = check_resumable(run_file, registry, allow_mixed=arguments.allow_mixed)
            for thing in changed:
                tell_warning(f"{run_file.path}: {thing}; its cells are mixed from here on")
            workers = _workers(pending, arguments.jobs, executor)
            run_file.begin_session(new_session(sys.argv))
        else:
            tell(f"no cell of {run_file.path} is missing")
        return Begun(run_file=run_file, registry=registry, workers=workers, executor=executor)
    except BaseException:
        run_file.close()
        raise


def _workers(cells: Sequence[Cell], jobs: int | None, executor: Executor | None) -> int | None:
    """Cells at once; what runs elsewhere is not limited by this machine."""
    from pcpbench.runner import workers_for

    return jobs if executor is not None and not executor.local else workers_for(cells, jobs)


def _new_path(name: str, now: datetime) -> Path:
    """A file in results/ that does not exist: name, date and time."""
    word = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    stem = f"{word}-{now:%Y%m%d-%H%M%S}"
    path, number = Path("results") / f"{stem}.sqlite", 1
    while path.exists():
        number += 1
        path = path.with_name(f"{stem}-{number}.sqlite")
    return path
