"""Decides what `pcpbench conform` does: runs the conformance kit on what a plugin contributes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pcpbench.cli.options import add_plugin_options
from pcpbench.errors import InputError, suggestion

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry
    from pcpbench.testing import Outcome

BROKEN = 1  # a gate failed
EXAMPLES = """\
examples:
  pcpbench conform my_strategy.py      every strategy and workload of a file
  pcpbench conform my_package          of a module
  pcpbench conform rcu-swap            one strategy or workload by its name
  pcpbench conform built-in            all that comes with pcpbench
exit code 1 if a rule is broken
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "conform",
        help="check that a plugin keeps the rules",
        description="Runs the conformance kit on the strategies and workloads of a plugin.",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "plugin", metavar="PLUGIN", help="a file, module, plugin, strategy or workload"
    )
    parser.add_argument("--json", action="store_true", help="print the outcomes as JSON")
    add_plugin_options(parser, destination="plugins")
    parser.set_defaults(command=conform)


def conform(arguments: argparse.Namespace) -> int:
    """Prints what each check found. 1 if a rule is broken. Raises InputError if nothing is
    called so, or if the plugin contributes nothing that has rules."""
    found = _found(arguments.plugin, arguments.plugins)
    outcomes = {name: _outcomes(kind, item) for kind, name, item in found}
    if arguments.json:
        print(_as_json(outcomes))
    else:
        print("\n\n".join(_told(name, of_one) for name, of_one in outcomes.items()))
    passed = all(outcome.passed for of_one in outcomes.values() for outcome in of_one)
    return 0 if passed else BROKEN


def _found(wanted: str, more: Sequence[str]) -> list[tuple[str, str, Any]]:
    from pcpbench.cli.planning import registry_with, whole_paths
    from pcpbench.plugin.loading import is_file_name

    installed = registry_with(whole_paths(more))
    found = list(_named(installed, wanted))
    if found:
        return found
    (name,) = whole_paths([wanted])
    known = [*installed.strategies, *installed.workloads, *(p.name for p in installed.plugins)]
    hint = "" if is_file_name(wanted) else suggestion(wanted, known)
    registry = registry_with((*whole_paths(more), name))
    found = list(_of_origin(registry, name, f"module {name}"))
    if not found:
        raise InputError.one(
            f"'{wanted}' contributes no strategy and no workload{hint}",
            remedy="mend what the warning says"
            if len(registry.warnings) > len(installed.warnings)
            else "name a file, a module, or what `pcpbench list strategies` shows",
        )
    return found


def _named(registry: Registry, wanted: str) -> Iterator[tuple[str, str, Any]]:
    """What bears the name itself, else what the plugin of that name contributes."""
    own = [item for item in _all(registry) if item[1] == wanted]
    origins = [plugin.origin for plugin in registry.plugins if plugin.name == wanted]
    yield from own or _of_origin(registry, wanted, *origins)


def _of_origin(registry: Registry, *origins: str) -> Iterator[tuple[str, str, Any]]:
    for kind, name, item in _all(registry):
        if registry.origin_of(kind, name) in origins:
            yield kind, name, item


def _all(registry: Registry) -> Iterator[tuple[str, str, Any]]:
    for name, strategy in registry.strategies.items():
        yield "strategies", name, strategy
    for name, workload in registry.workloads.items():
        yield "workloads", name, workload


def _outcomes(kind: str, item: Any) -> list[Outcome]:
    from pcpbench.testing import check_strategy, check_workload

    return check_strategy(item) if kind == "strategies" else check_workload(item)


def _told(name: str, outcomes: Sequence[Outcome]) -> str:
    import textwrap

    from pcpbench.cli.output import columns

    broken = [outcome for outcome in outcomes if not outcome.passed]
    verdict = "keeps every rule" if not broken else f"breaks {len(broken)} of {len(outcomes)} rules"
    lines = [f"{name} {verdict}"]
    told: set[str] = set()
    for outcome in outcomes:
        lines.append(f"  {'ok    ' if outcome.passed else 'BROKEN'}  {outcome.promise}")
        if outcome.problem:
            indent = " " * 10
            fault = _fault(outcome.problem)
            text = "the same fault" if fault in told else outcome.problem
            told.add(fault)
            lines += textwrap.wrap(text, columns(), initial_indent=indent, subsequent_indent=indent)
    return "\n".join(lines)


def _fault(problem: str) -> str:
    """What is wrong, without the machine, load, CPU and time at which it showed."""
    import re

    return re.sub(r"^.*?with the load '[^']*':|\bon CPU \d+|, at [\d.]+ ms", "", problem)


def _as_json(outcomes: dict[str, list[Outcome]]) -> str:
    import json
    from dataclasses import asdict

    plain = {
        name: [{**asdict(outcome), "passed": outcome.passed} for outcome in of_one]
        for name, of_one in outcomes.items()
    }
    return json.dumps({"format": "pcpbench-conform/1", "outcomes": plain}, indent=2)
