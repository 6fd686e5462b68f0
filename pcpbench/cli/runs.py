"""Decides what `pcpbench runs` shows: the runs of a folder, a line each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pcpbench.store.summary import RunSummary


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "runs", help="show the runs of a folder", description="Shows the runs of a folder."
    )
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        nargs="?",
        default=Path("results"),
        help="by default results/",
    )
    parser.add_argument("--json", action="store_true", help="print them as JSON")
    parser.add_argument("--debug", action="store_true", help="show the traceback of a bug")
    parser.set_defaults(command=runs)


def runs(arguments: argparse.Namespace) -> int:
    """Prints the runs; 0 also if some file there is none, which its line says."""
    from pcpbench.store.summary import summaries

    found = list(summaries(arguments.folder))
    if arguments.json:
        _show_json(found)
    elif found:
        print(_table(found))
    else:
        print(f"no run file in {arguments.folder}")
    return 0


def _show_json(found: list[RunSummary]) -> None:
    import json
    from dataclasses import asdict

    rows = [{**asdict(run), "path": str(run.path)} for run in found]
    print(json.dumps(rows, indent=1))


def _table(found: list[RunSummary]) -> str:
    from pcpbench.cli.output import columns
    from pcpbench.report.tables import fitted_table

    rows = [[run.path.name, _cells(run), run.date[:10], run.problem or run.name] for run in found]
    return fitted_table(["file", "cells", "date", "run"], rows, width=columns(), right=(1,))


def _cells(run: RunSummary) -> str:
    if run.problem is not None:
        return ""
    failed = f", {run.failed} failed" if run.failed else ""
    return f"{run.done}/{run.planned}{failed}"
