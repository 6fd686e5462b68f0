"""Decides what `pcpbench report` does: prints a run again from its file alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from pcpbench.cli.ending import tell_warning
from pcpbench.cli.options import add_plugin_options
from pcpbench.cli.output import show_report
from pcpbench.cli.planning import registry_with, whole_paths

FORMATS = ("terminal", "json")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "report", help="print a run again", description="Prints a run again from its file."
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run file")
    parser.add_argument("--format", choices=FORMATS, default="terminal", help="its form")
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--timings", action="store_true", help="add how long each cell took")
    add_plugin_options(parser)
    parser.set_defaults(command=report)


def report(arguments: argparse.Namespace) -> int:
    """Prints the report; 0 also if cells of the run failed, which the report says."""
    from pcpbench.report import build_report
    from pcpbench.store import RunFile

    with RunFile.open(arguments.run) as run_file:
        header, results = run_file.header, run_file.results()
        missing = len(run_file.cells) - len(results)
    if missing:
        tell_warning(f"{missing} of {len(results) + missing} cells of this run have no result")
    plugins = dict.fromkeys((*header.plugins, *whole_paths(arguments.plugin)))
    registry = registry_with(tuple(plugins))
    built = build_report(header, results, registry.metrics, path=str(arguments.run))
    as_json = arguments.json or arguments.format == "json"
    show_report(built, as_json=as_json, timings=arguments.timings)
    return 0
