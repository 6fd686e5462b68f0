"""Decides what `pcpbench describe` does: tells about one name, of whatever kind it is."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcpbench.cli.options import add_plugin_options
from pcpbench.errors import InputError, suggestion

if TYPE_CHECKING:
    from pcpbench.cli.catalogue import Named

INDENT = " " * 2
LABEL_COLUMNS = 16
RULE_COLUMNS = 26


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "describe",
        help="tell about whatever has a name: a strategy, a workload, a metric",
        description="Tells about whatever `pcpbench list` shows: strategies, workloads, profiles, "
        "presets, plugins, metrics, forms and sections of reports, executors.",
    )
    parser.add_argument("name", metavar="NAME", help="a name that `pcpbench list` shows")
    add_plugin_options(parser)
    parser.set_defaults(command=describe)


def describe(arguments: argparse.Namespace) -> int:
    """Prints what is known of the name. Raises InputError if nothing has it."""
    from pcpbench.cli.catalogue import KINDS, catalogue
    from pcpbench.cli.output import columns
    from pcpbench.cli.planning import registry_with, whole_paths

    registry = registry_with(whole_paths(arguments.plugin))
    known = [named for kind in KINDS for named in catalogue(registry, kind)]
    found = [named for named in known if named.name == arguments.name]
    if not found:
        hint = suggestion(arguments.name, [named.name for named in known])
        raise InputError.one(
            f"nothing is called '{arguments.name}'{hint}",
            remedy=None if hint else f"`pcpbench list {{{','.join(KINDS)}}}` shows the names",
        )
    print("\n\n".join(_told(named, columns()) for named in found))
    return 0


def _told(named: Named, width: int) -> str:
    from pcpbench.cli.catalogue import SINGULAR

    lines = [f"{SINGULAR[named.kind]} {named.name} ({named.origin})"]
    lines += _paragraph("", named.summary, width)
    facts = {"source": named.source or "", **named.details}
    about = facts.pop("about", "")
    for label, text in facts.items():
        lines += _paragraph(label, text, width)
    for parameter in named.parameters:
        lines += ["", *_parameter(parameter, width)]
    if about:
        lines += ["", *(f"{INDENT}{line}".rstrip() for line in about.splitlines())]
    if named.kind == "hardware":
        lines += ["", *_drawn(Path(named.details["file"]), width)]
    if named.kind == "kernels":
        lines += ["", *_rules(Path(named.details["file"]), width)]
    return "\n".join(lines)


def _drawn(path: Path, width: int) -> list[str]:
    from pcpbench.hardware.drawing import draw
    from pcpbench.hardware.profile import load_profile

    return draw(load_profile(path), width)


def _rules(file: Path, width: int) -> list[str]:
    """Each rule of a preset with its value, and below it the function that it was read from."""
    import textwrap

    from pcpbench.kernels.preset import load_preset

    lines = []
    for key, rule in load_preset(file).rules.items():
        lines.append(f"{INDENT}{key:<{RULE_COLUMNS}}{_value(rule.value)}")
        lines += textwrap.wrap(
            rule.source, width, initial_indent=INDENT * 3, subsequent_indent=INDENT * 3
        )
    return lines


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{number} ({size // 1024} KiB pages)" for size, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "no limit" if value is None else str(value)


def _paragraph(label: str, text: str, width: int) -> list[str]:
    import textwrap

    if not text:
        return []
    first = f"{INDENT}{label + ':':<{LABEL_COLUMNS}}" if label else INDENT
    later = " " * len(first)
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later)


def _parameter(parameter: Any, width: int) -> list[str]:
    from pcpbench.experiment.units import UNITS
    from pcpbench.plugin.parameters import number_text

    unit = UNITS.get(parameter["unit"])
    write = number_text if unit is None else unit.write  # as experiments write it
    bounds = [
        f"{word} {write(parameter[key])}"
        for key, word in (("ge", "at least"), ("le", "at most"))
        if parameter[key] is not None
    ]
    if parameter["choices"]:
        bounds = ["one of " + ", ".join(map(str, parameter["choices"]))]
    limits = f" ({', '.join(bounds)})" if bounds else ""
    default = parameter["default"]
    shown = default if unit is None or default is None else unit.write(default)
    text = f"{parameter['help']} Default {shown}{limits}."
    return _paragraph(parameter["name"], text.strip(), width)
