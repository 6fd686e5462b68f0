"""Decides what `pcpbench report` does: prints a run again from its file alone."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.ending import tell_warning
from pcpbench.cli.options import add_plugin_options
from pcpbench.cli.output import show_report, write_report
from pcpbench.cli.planning import registry_with, whole_paths

if TYPE_CHECKING:
    from pcpbench.store import RunFile

# The names of pcpbench.report.FORMATS; written here, too, to keep `--help` quick.
FORMATS = ("terminal", "lkml", "markdown", "json", "csv", "csv-cells", "junit", "html")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "report", help="print a run again", description="Prints a run again from its file."
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run file")
    parser.add_argument(
        "--format",
        metavar="NAME",
        default="terminal",
        help=f"its form: {', '.join(FORMATS)}, or one of a plugin",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="write it to this file instead of stdout"
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument(
        "--baseline", metavar="LABEL", help="compare with this strategy instead of the run's own"
    )
    parser.add_argument(
        "--all-pairs", action="store_true", help="compare the other strategies with each other too"
    )
    parser.add_argument("--timings", action="store_true", help="add how long each cell took")
    add_plugin_options(parser)
    parser.set_defaults(command=report)


def report(arguments: argparse.Namespace) -> int:
    """Prints the report; 0 also if cells of the run failed, which the report says."""
    from pcpbench.report import format_named, report_of
    from pcpbench.store import RunFile

    with RunFile.open(arguments.run) as run_file:
        registry = registry_with(_plugins(run_file, arguments.plugin))
        wanted = "json" if arguments.json else arguments.format
        form = format_named(wanted, registry.report_formats)
        built = report_of(
            run_file,
            baseline=arguments.baseline,
            all_pairs=arguments.all_pairs,
            metrics=registry.metrics,
            measurements=form.measurements,
            histograms=form.histograms,
            sections=registry.report_sections.values(),
        )
    lacking = built.missing + built.beside_missing
    if lacking:
        total = lacking + len(built.results) + built.beside
        tell_warning(
            f"{lacking} of {total} cells of this run have no result; "
            f"`pcpbench run --resume {arguments.run}` goes on"
        )
    if arguments.output is None:
        show_report(built, form=form, timings=arguments.timings)
    else:
        write_report(built, arguments.output, form=form, timings=arguments.timings)
    return 0


def _plugins(run_file: RunFile, named: Sequence[str]) -> tuple[str, ...]:
    """Those named here. A run file may come from anywhere, so that what it names is not code to
    be run; only files that are too old to declare their metrics cannot do without."""
    old = () if run_file.metrics() else run_file.header.plugins
    return tuple(dict.fromkeys((*old, *whole_paths(named))))
