"""Decides what `pcpbench run` does: plans, simulates, keeps, and answers the question."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.beginning import Begun, begun, check_words, resumed
from pcpbench.cli.ending import tell, tell_error
from pcpbench.cli.options import add_experiment_options, positive
from pcpbench.cli.output import exit_code_for, show_report
from pcpbench.cli.planning import plan

if TYPE_CHECKING:
    from pcpbench.report import Report


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "run",
        help="carry out an experiment and compare its strategies",
        description="Carries out an experiment and compares its strategies.",
    )
    add_experiment_options(parser, may_lack_config=True)
    parser.add_argument(
        "--resume",
        metavar="FILE",
        type=Path,
        help="go on with the run in this file, in place of CONFIG",
    )
    parser.add_argument(
        "--allow-mixed",
        action="store_true",
        help="resume also if the engine or a plugin is not the one that began the run",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="the run file to write; by default a new one in results/",
    )
    _add_sensitivity(parser)
    _add_ways(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--timings", action="store_true", help="add how long each cell took")
    parser.add_argument(
        "--strict", action="store_true", help="exit 4 if a primary comparison is inconclusive"
    )
    parser.set_defaults(command=run)


def _add_sensitivity(parser: argparse.ArgumentParser) -> None:
    """Options that say whether verdicts are examined over the profiles' uncertain numbers."""
    parser.add_argument(
        "--sensitivity",
        action="store_true",
        help="simulate draws of all uncertain numbers of the profiles too, and name those on "
        "which verdicts turn",
    )
    parser.add_argument(
        "--draws", type=positive, metavar="N", help="how many draws, 64 unless said otherwise"
    )


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """Options that say how cells are carried out, if at all."""
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help="cells at once; by default as many as CPUs and memory allow",
    )
    parser.add_argument(
        "--executor",
        metavar="NAME[:KEY=VALUE,...]",
        help="what carries out the cells, with its parameters: processes, here, or of a plugin",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the cells, and stop")


def run(arguments: argparse.Namespace) -> int:
    """Runs the experiment. Returns 0, 3 if a cell failed, or 4 (see ``--strict``)."""
    check_words(arguments)
    if arguments.resume is not None:
        report = _carried_out(resumed(arguments))
    else:
        planned = plan(arguments)
        if arguments.dry_run:
            from pcpbench.cli.dry_run import show_plan

            show_plan(planned, wanted=arguments.jobs, as_json=arguments.json)
            return 0
        report = _carried_out(begun(planned, arguments.output, arguments.jobs, arguments.executor))
    form = "json" if arguments.json else "terminal"
    show_report(report, form=form, timings=arguments.timings)
    sys.stdout.flush()
    failed = len(report.failed) + len(report.beside_failed)
    if failed:
        tell_error(
            f"{failed} of {len(report.results) + report.beside} cells failed; the report says why"
        )
    tell(f"the run is kept in {report.path}; `pcpbench report {report.path}` prints it again")
    return exit_code_for(report, strict=arguments.strict)


def _carried_out(run: Begun) -> Report:
    from pcpbench.report import report_of
    from pcpbench.runner import progress_on, run_experiment

    # `kill` and a closed terminal are as good as Ctrl-C: the workers are stopped and the user is
    # told what is kept.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    with run.run_file as run_file:
        if run_file.pending():
            run_experiment(
                run_file,
                registry=run.registry,
                jobs=run.workers,
                progress=progress_on(sys.stderr),
                executor=run.executor,
            )
        return report_of(run_file, sections=run.registry.report_sections.values())
