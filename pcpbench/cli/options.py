"""Decides which options commands share, and what their values must be."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_plugin_options(parser: argparse.ArgumentParser, *, destination: str = "plugin") -> None:
    """What every command has that looks at plugins."""
    parser.add_argument(
        "-p",
        "--plugin",
        metavar="PLUGIN",
        dest=destination,
        action="append",
        default=[],
        help="load this module or Python file too (may be repeated)",
    )
    add_debug_option(parser)


def add_debug_option(parser: argparse.ArgumentParser) -> None:
    """Says how to see the traceback of a bug."""
    parser.add_argument("--debug", action="store_true", help="show the traceback of a bug")


def add_experiment_options(
    parser: argparse.ArgumentParser, *, may_lack_config: bool = False
) -> None:
    """What changes an experiment before it is planned."""
    parser.add_argument(
        "config",
        metavar="CONFIG",
        type=Path,
        nargs="?" if may_lack_config else None,
        help="the experiment, a YAML file",
    )
    parser.add_argument(
        "--set",
        metavar="PATH=VALUE",
        dest="settings",
        action="append",
        default=[],
        help="change a value of the experiment, as in machine.cpus=8 (may be repeated)",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="seed of the first replicate")
    parser.add_argument("--replicates", type=positive, metavar="N", help="number of replicates")
    parser.add_argument(
        "--quick", action="store_true", help="few replicates, short times: a first look"
    )
    add_plugin_options(parser)


def positive(text: str) -> int:
    """A whole number of at least 1. Raises ArgumentTypeError that says so."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of at least 1")
    return int(text)
