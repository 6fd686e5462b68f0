"""Decides what `pcpbench run` does: plans, simulates, keeps, and answers the question."""

from __future__ import annotations

import argparse
import re
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.ending import tell, tell_error
from pcpbench.cli.options import add_experiment_options, positive
from pcpbench.cli.output import exit_code_for, show_report
from pcpbench.cli.planning import Planned, plan

if TYPE_CHECKING:
    from pcpbench.report import Report


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "run",
        help="carry out an experiment and compare its strategies",
        description="Carries out an experiment and compares its strategies.",
    )
    add_experiment_options(parser)
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="the run file to write; by default a new one in results/",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help="cells at once; by default as many as CPUs and memory allow",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the cells, and stop")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--timings", action="store_true", help="add how long each cell took")
    parser.add_argument(
        "--strict", action="store_true", help="exit 4 if a primary comparison is inconclusive"
    )
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs the experiment. Returns 0, 3 if a cell failed, or 4 (see ``--strict``)."""
    planned = plan(arguments)
    if arguments.dry_run:
        from pcpbench.cli.dry_run import show_plan

        show_plan(planned, wanted=arguments.jobs, as_json=arguments.json)
        return 0
    path = arguments.output or _new_path(planned.experiment.name, datetime.now())
    report = _carried_out(planned, path, arguments.jobs)
    show_report(report, as_json=arguments.json, timings=arguments.timings)
    sys.stdout.flush()
    if report.failed:
        tell_error(
            f"{len(report.failed)} of {len(planned.cells)} cells failed; the report says why"
        )
    tell(f"the run is kept in {path}; `pcpbench report {path}` prints it again")
    return exit_code_for(report, strict=arguments.strict)


def _carried_out(planned: Planned, path: Path, jobs: int | None) -> Report:
    from pcpbench.report import build_report
    from pcpbench.runner import progress_on, run_experiment, run_header, workers_for
    from pcpbench.store import RunFile

    workers = workers_for(planned.cells, jobs)  # refuses before a file is made
    header = run_header(planned.experiment, plugins=planned.plugins, command=sys.argv)
    # `kill` is as good as Ctrl-C: the workers are stopped and the user is told what is kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with RunFile.create(path, header, planned.cells) as run_file:
        run_experiment(
            run_file, registry=planned.registry, jobs=workers, progress=progress_on(sys.stderr)
        )
        return build_report(
            run_file.header, run_file.results(), planned.registry.metrics, path=str(path)
        )


def _new_path(name: str, now: datetime) -> Path:
    """A file in results/ that does not exist: name, date and time."""
    word = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    stem = f"{word}-{now:%Y%m%d-%H%M%S}"
    path, number = Path("results") / f"{stem}.sqlite", 1
    while path.exists():
        number += 1
        path = path.with_name(f"{stem}-{number}.sqlite")
    return path
