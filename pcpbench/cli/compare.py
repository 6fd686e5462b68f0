"""Decides what `pcpbench compare` does: sets two runs beside each other, and gates a change."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pcpbench.cli.ending import tell_error, tell_warning
from pcpbench.cli.options import add_plugin_options
from pcpbench.cli.output import columns
from pcpbench.cli.planning import registry_with, whole_paths
from pcpbench.errors import (
    CellFailed,
    GateFailed,
    InputError,
    StillInconclusive,
    unwritable,
    worst_exit_code,
)

if TYPE_CHECKING:
    from pcpbench.metrics.metric import Metric
    from pcpbench.report.across import Across, RunBeside
    from pcpbench.simulator.cell import Cell, CellResult
    from pcpbench.store import RunFile


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "compare",
        help="compare two runs",
        description="Compares what two runs have in common: pair by pair where seeds and cells "
        "agree, arm against arm otherwise.",
    )
    parser.add_argument("run_a", metavar="RUN_A", type=Path, help="the run file to compare with")
    parser.add_argument("run_b", metavar="RUN_B", type=Path, help="the run file that is judged")
    parser.add_argument(
        "--gate", action="store_true", help="exit 1 if RUN_B is worse by more than a tolerance"
    )
    parser.add_argument(
        "--tolerance",
        metavar="METRIC=VALUE",
        dest="tolerances",
        action="append",
        default=[],
        help="what a metric may be worse by, as in alloc.latency_ns.p99='5 %%' (may be repeated); "
        "without any, primary metrics are gated by their margins",
    )
    parser.add_argument(
        "--tolerances", metavar="FILE", dest="tolerance_file", type=Path, help="the same as YAML"
    )
    parser.add_argument(
        "--strict", action="store_true", help="exit 4 if something gated or primary is undecided"
    )
    parser.add_argument(
        "--junit", metavar="FILE", type=Path, help="write the gate as JUnit XML too"
    )
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
    add_plugin_options(parser)
    parser.set_defaults(command=compare)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Opened:
    """A run as it was read."""

    beside: RunBeside
    results: tuple[CellResult, ...]
    metrics: Mapping[str, Metric]


def compare(arguments: argparse.Namespace) -> int:
    """Compares the runs. Returns 0, or what the gate and failed cells ask for."""
    from pcpbench.report.across import render_across, render_across_json

    if arguments.junit is not None and not arguments.gate:
        raise InputError.one("--junit is for --gate", None, "give both, or neither")
    old, new = (_opened(path, arguments) for path in (arguments.run_a, arguments.run_b))
    across = _across(old, new, arguments)
    for run in (across.old, across.new):
        if run.missing:
            tell_warning(f"{run.path}: {run.missing} of its cells have no result")
    if arguments.json:
        print(render_across_json(across), end="")
    else:
        print(render_across(across, width=columns()), end="")
    if arguments.junit is not None:
        _write_junit(across, arguments.junit)
    if across.failed:
        tell_error(f"cells failed in {across.failed} pairs or arms; they have no verdict")
    return _exit_code(across, strict=arguments.strict)


def _write_junit(across: Across, path: Path) -> None:
    from pcpbench.report.gate_junit import gate_junit

    if across.gate is not None:
        name = f"{across.new.path} instead of {across.old.path}"
        try:
            path.write_text(gate_junit(across.gate, across.metrics, name=name), encoding="utf-8")
        except OSError as error:
            raise unwritable(path, error, "choose another --junit") from error


def _opened(path: Path, arguments: argparse.Namespace) -> _Opened:
    from pcpbench.report.across import RunBeside
    from pcpbench.report.report import course_and_pending
    from pcpbench.store import RunFile

    with RunFile.open(path) as run_file:
        results, metrics = run_file.results(), _declared(run_file, arguments)
        _, pending = course_and_pending(run_file, results, metrics)
        beside = RunBeside(path=str(path), header=run_file.header, missing=len(pending))
        return _Opened(beside=beside, results=results, metrics=metrics)


def _declared(run_file: RunFile, arguments: argparse.Namespace) -> Mapping[str, Metric]:
    """The metrics of a run; for a file that is too old to declare them, those installed."""
    found = run_file.metrics()
    if found:
        return found
    plugins = dict.fromkeys((*run_file.header.plugins, *whole_paths(arguments.plugin)))
    return registry_with(tuple(plugins)).metrics


def _across(old: _Opened, new: _Opened, arguments: argparse.Namespace) -> Across:
    from pcpbench.report.across import Across
    from pcpbench.statistics.across import arms_across
    from pcpbench.statistics.compare import compare_arms
    from pcpbench.statistics.gate import gate_of

    for run in (old, new):
        if run.results and all(result.status != "ok" for result in run.results):
            raise CellFailed(
                f"{run.beside.path}: all of its {len(run.results)} cells failed, so there is "
                f"nothing to compare; `pcpbench report {run.beside.path}` says why"
            )
    metrics = {name: metric for name, metric in new.metrics.items() if name in old.metrics}
    tolerances = _tolerances(arguments, metrics)
    arms = tuple(arms_across(old.results, new.results, conditions=_conditions))
    if not arms:
        raise _nothing_in_common(old, new)
    if not metrics:
        place = f"{old.beside.path} and {new.beside.path}"
        remedy = "load the plugins that declare them with -p"
        raise InputError.one("the runs have no metric in common", place, remedy)
    headers = (old.beside.header, new.beside.header)
    primary = tuple(tolerances) or tuple(dict.fromkeys((*headers[0].primary, *headers[1].primary)))
    comparisons = compare_arms(
        arms,
        metrics=metrics,
        primary=primary,
        margins={**headers[0].margins, **headers[1].margins, **tolerances},
    )
    gated = [c for c in comparisons if c.primary]
    if arguments.gate and not gated:
        thing = "there is nothing to gate: neither run declares a primary metric"
        raise InputError.one(thing, None, "name metrics with --tolerance METRIC=VALUE")
    return Across(
        old=old.beside,
        new=new.beside,
        comparisons=comparisons,
        metrics=metrics,
        gate=gate_of(gated, metrics) if arguments.gate else None,
    )


def _tolerances(arguments: argparse.Namespace, metrics: Mapping[str, Metric]) -> dict[str, float]:
    from pcpbench.experiment.tolerances import read_tolerances

    return read_tolerances(arguments.tolerance_file, arguments.tolerances, metrics)


def _conditions(cell: Cell) -> dict[str, object]:
    """What decides a cell's work, beside its seed, by name."""
    from pcpbench.simulator.cell import as_json

    value = as_json(cell)
    del value["seed"], value["strategy"]["label"]
    value["strategy"] = {**value["strategy"], **dict(value["strategy"].pop("parameters"))}
    return dict(_flat(value, ()))


def _flat(value: Any, path: Sequence[str]) -> list[tuple[str, object]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _flat(item, (*path, str(key)))]
    if isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        return [leaf for i, item in enumerate(value) for leaf in _flat(item, (*path, str(i)))]
    return [(".".join(path), value)]


def _nothing_in_common(old: _Opened, new: _Opened) -> InputError:
    """Says what each run has, as far as the other lacks it."""
    if not old.results or not new.results:
        empty = old if not old.results else new
        thing, remedy = "the run has no finished cell", "finish it with `pcpbench run --resume`"
        return InputError.one(thing, empty.beside.path, remedy)
    told = []
    for what in ("hardware", "kernel", "scenario", "strategy"):
        one, two = (_names(run, what) for run in (old, new))
        if not set(one) & set(two):
            told.append(f"{what} {', '.join(one)} here, {', '.join(two)} there")
    why = "; ".join(told) or "no strategy in the same hardware, kernel, scenario and sweep point"
    return InputError.one(
        f"the runs have nothing in common ({why})",
        f"{old.beside.path} and {new.beside.path}",
        "compare runs of the same experiment",
    )


def _names(run: _Opened, what: str) -> list[str]:
    cells = [result.cell for result in run.results]
    names = [cell.strategy.label if what == "strategy" else getattr(cell, what) for cell in cells]
    return list(dict.fromkeys(names))


def _exit_code(across: Across, *, strict: bool) -> int:
    codes = [CellFailed.exit_code] if across.failed else []
    if across.gate is not None and across.gate.verdict == "fail":
        codes.append(GateFailed.exit_code)
    undecided = [c for c in across.comparisons if c.primary and c.verdict == "inconclusive"]
    if across.gate is not None:
        undecided = [row.comparison for row in across.gate.rows if row.outcome == "undecided"]
    if strict and undecided:
        codes.append(StillInconclusive.exit_code)
    return worst_exit_code(codes)
