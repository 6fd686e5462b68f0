"""Decides what `pcpbench schema` does: prints the JSON Schema of an experiment, for editors."""

from __future__ import annotations

import argparse

from pcpbench.cli.options import add_plugin_options

EPILOG = """\
An editor with a YAML language server checks and completes an experiment that begins with
  # yaml-language-server: $schema=pcpbench.schema.json
after
  pcpbench schema > pcpbench.schema.json
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of an experiment",
        description="Prints the JSON Schema of an experiment, with the names of plugins too.",
        epilog=EPILOG,
    )
    add_plugin_options(parser)
    parser.set_defaults(command=schema)


def schema(arguments: argparse.Namespace) -> int:
    """Prints the schema."""
    import json

    from pcpbench.cli.planning import registry_with, whole_paths
    from pcpbench.experiment.json_schema import json_schema

    registry = registry_with(whole_paths(arguments.plugin))
    print(json.dumps(json_schema(registry), indent=2, ensure_ascii=False))
    return 0
