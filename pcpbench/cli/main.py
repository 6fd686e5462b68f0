"""Decides which command the words on the command line ask for."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pcpbench import __version__
from pcpbench.cli import (
    aa,
    calibrate,
    check,
    compare,
    completion,
    conform,
    describe,
    explain,
    list_names,
    new,
    record,
    replay,
    report,
    run,
    runs,
    schema,
    timeline,
)
from pcpbench.cli.ending import exit_code_of
from pcpbench.cli.parsing import Parser

COMMANDS = (
    run,
    report,
    runs,
    compare,
    explain,
    timeline,
    aa,
    check,
    list_names,
    describe,
    new,
    conform,
    calibrate,
    record,
    replay,
    schema,
    completion,
)
ENDINGS = """\
exit codes: 0 fine, 1 a gate failed, 2 the input is wrong, 3 a cell failed, 4 inconclusive (with
--strict), 5 the machine does not allow it, 70 a bug of pcpbench, 130 interrupted
"""


def main(words: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code; ``words`` are those after ``pcpbench``."""
    given = list(sys.argv[1:] if words is None else words)
    return exit_code_of(lambda: _command(given), debug="--debug" in given)


def _command(words: Sequence[str]) -> int:
    arguments = _parser().read(words)
    code: int = arguments.command(arguments)
    return code


def _parser() -> Parser:
    parser = Parser(
        prog="pcpbench",
        description="Benchmarks strategies for draining the Linux page allocator's per-CPU lists.",
        epilog=ENDINGS,
    )
    parser.add_argument("--version", action="version", version=f"pcpbench {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    return parser
