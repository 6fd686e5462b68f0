"""Decides what `pcpbench check` does: names everything that is wrong with an experiment."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from pcpbench.cli.options import add_experiment_options
from pcpbench.cli.planning import Planned, plan
from pcpbench.errors import InputError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "check",
        help="find what is wrong with an experiment",
        description="Names everything that is wrong with an experiment, each with its place.",
    )
    add_experiment_options(parser)
    parser.add_argument("--json", action="store_true", help="print what is found as JSON")
    parser.set_defaults(command=check)


def check(arguments: argparse.Namespace) -> int:
    """0 if the experiment can be run, 2 if not."""
    if arguments.json:
        return _check_as_json(arguments)
    planned = plan(arguments)
    at_most = " at most" if planned.experiment.until else ""
    print(f"{arguments.config}: nothing is wrong; {planned.experiment.cell_count} cells{at_most}")
    return 0


def _check_as_json(arguments: argparse.Namespace) -> int:
    import json

    planned: Planned | None = None
    problems: list[dict[str, str | None]] = []
    try:
        planned = plan(arguments)
    except InputError as error:
        problems = [asdict(problem) for problem in error.problems]
    found = {
        "format": "pcpbench-check/1",
        "path": str(arguments.config),
        "cells": planned.experiment.cell_count if planned else None,
        "problems": problems,
    }
    print(json.dumps(found, indent=2))
    return InputError.exit_code if problems else 0
