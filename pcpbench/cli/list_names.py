"""Decides what `pcpbench list` does: shows the names that an experiment may use."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pcpbench.cli.catalogue import KINDS
from pcpbench.cli.options import add_plugin_options

if TYPE_CHECKING:
    from pcpbench.cli.catalogue import Named


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "list",
        help="show the names an experiment may use",
        description="Shows the names an experiment may use, of plugins too.",
    )
    parser.add_argument("kind", choices=KINDS, help="what to list: " + ", ".join(KINDS))
    parser.add_argument("--json", action="store_true", help="print the list as JSON")
    add_plugin_options(parser)
    parser.set_defaults(command=list_names)


def list_names(arguments: argparse.Namespace) -> int:
    """Prints the names of a kind."""
    from pcpbench.cli.catalogue import catalogue
    from pcpbench.cli.planning import registry_with, whole_paths

    found = catalogue(registry_with(whole_paths(arguments.plugin)), arguments.kind)
    if arguments.json:
        import json

        print(json.dumps([named.to_json() for named in found], indent=2, ensure_ascii=False))
    else:
        print(_table(found))
    return 0


def _table(found: Sequence[Named]) -> str:
    import textwrap

    from tabulate import tabulate

    from pcpbench.cli.output import columns
    from pcpbench.plugin.loading import BUILT_IN

    # What all share is not said; long summaries go on below.
    foreign = any(named.origin != BUILT_IN for named in found)
    sides = [[n.name for n in found], ["origin", *(n.origin for n in found)] if foreign else []]
    room = max(20, columns() - sum(max(map(len, side), default=0) + 2 for side in sides))
    rows = [(n.name, textwrap.fill(n.summary, room), n.origin) for n in found]
    headers = ("name", "summary", "origin")
    kept = len(headers) if foreign else len(headers) - 1
    shown = [row[:kept] for row in rows]
    return str(tabulate(shown, headers=headers[:kept], disable_numparse=True))
