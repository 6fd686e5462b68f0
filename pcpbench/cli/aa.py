"""Decides what `pcpbench aa` does: runs one strategy in two arms, to see what noise looks like."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.beginning import begun
from pcpbench.cli.ending import tell, tell_error, tell_warning
from pcpbench.cli.options import add_experiment_options, positive
from pcpbench.cli.output import columns
from pcpbench.cli.planning import Planned, plan
from pcpbench.errors import CellFailed, GateFailed, InputError, suggestion, worst_exit_code

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry
    from pcpbench.report.two_arms import SelfComparison
    from pcpbench.simulator.cell import CellResult
    from pcpbench.statistics.pairing import Setting
    from pcpbench.statistics.warm_up import Settling
    from pcpbench.store import RunFile

LEAST_REPLICATES = 2


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "aa",
        help="compare a strategy with itself",
        description="Runs one strategy of an experiment in two arms with independent seeds: tells "
        "the noise floor, the rate of false alarms, whether equal seeds give equal bytes, and "
        "whether the warm-up is long enough.",
    )
    add_experiment_options(parser)
    parser.add_argument(
        "--strategy", metavar="LABEL", help="which strategy; by default the baseline"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the run file; by default one in results/"
    )
    parser.add_argument("--jobs", type=positive, metavar="N", help="cells at once")
    parser.add_argument("--json", action="store_true", help="print what is found as JSON")
    parser.set_defaults(command=aa)


def aa(arguments: argparse.Namespace) -> int:
    """Returns 0, 1 if equal seeds gave different bytes, 3 if a cell failed."""
    from pcpbench.report.two_arms import render_self, render_self_json
    from pcpbench.runner import progress_on, run_experiment

    planned = plan(arguments)
    strategy = _strategy(planned, arguments.strategy)
    doubled = _doubled(planned, strategy)
    started = begun(doubled, arguments.output, arguments.jobs)
    with started.run_file as run_file:
        run_experiment(
            run_file,
            registry=started.registry,
            jobs=started.workers,
            progress=progress_on(sys.stderr),
        )
        told = _told(run_file, started.registry, strategy)
    if arguments.json:
        print(render_self_json(told), end="")
    else:
        print(render_self(told, width=columns()), end="")
    sys.stdout.flush()
    if told.failed:
        tell_error(f"{told.failed} cells failed; `pcpbench report {run_file.path}` says why")
    tell(f"the run is kept in {run_file.path}")
    codes = [GateFailed.exit_code] if told.unequal else []
    codes += [CellFailed.exit_code] if told.failed else []
    return worst_exit_code(codes)


def _strategy(planned: Planned, label: str | None) -> str:
    labels = list(dict.fromkeys(cell.strategy.label for cell in planned.cells))
    if label is None:
        return planned.experiment.baseline
    if label not in labels:
        thing = f"the experiment has no strategy '{label}'{suggestion(label, labels)}"
        raise InputError.one(thing, "--strategy", f"choose one of {', '.join(labels)}")
    return label


def _doubled(planned: Planned, strategy: str) -> Planned:
    """The plan of both arms and of what shows the settling."""
    from pcpbench.experiment.two_arms import arm_cells, arm_labels, settling_cells

    experiment = planned.experiment
    if experiment.replicates < LEAST_REPLICATES:
        thing = "two arms cannot be compared on 1 replicate"
        raise InputError.one(thing, None, "give --replicates 10")
    cells = tuple(arm_cells(planned.cells, strategy=strategy, replicates=experiment.replicates))
    first = arm_labels(strategy)[0]
    own = [cell for cell in cells if cell.strategy.label == first]
    windows = settling_cells(own, first_seed=experiment.seed) if experiment.primary else ()
    renamed = replace(
        experiment, name=f"{experiment.name}-aa", baseline=first, until=None, reference=()
    )
    return replace(planned, experiment=renamed, cells=(*cells, *windows))


def _told(run_file: RunFile, registry: Registry, strategy: str) -> SelfComparison:
    from pcpbench.experiment.two_arms import STUDY, arm_labels
    from pcpbench.report.two_arms import SelfComparison
    from pcpbench.runner import engine_identity
    from pcpbench.statistics.false_alarms import two_arms

    results = run_file.results(measurements=True)
    arms = [result for result in results if not result.cell.study]
    warm_up_ns = max((result.cell.warm_up_ns for result in arms), default=0)
    metrics = dict(registry.metrics)
    header = run_file.header
    if engine_identity() == header.engine:
        repeated, unequal = _repeated(arms, registry)
    else:
        tell_warning("the engine was changed while it ran; whether it repeats was not examined")
        repeated, unequal = 0, ()
    return SelfComparison(
        header=header,
        strategy=strategy,
        found=two_arms(
            arms,
            labels=arm_labels(strategy),
            metrics=metrics,
            primary=header.primary,
            margins=header.margins,
        ),
        metrics=metrics,
        warm_up_ns=warm_up_ns,
        settling=tuple(
            _settling([r for r in results if r.cell.study == STUDY], header.primary, warm_up_ns)
        ),
        repeated=repeated,
        unequal=unequal,
        failed=sum(result.status != "ok" for result in results),
    )


def _repeated(arms: Sequence[CellResult], registry: Registry) -> tuple[int, tuple[str, ...]]:
    """Simulates one cell of each setting again, in this process, and names those that differ."""
    from pcpbench.runner.one_cell import SIMULATE, result_of, simulation_named
    from pcpbench.statistics.pairing import Setting
    from pcpbench.store.encoding import result_to_row

    first: dict[Setting, CellResult] = {}
    for result in arms:
        if result.status == "ok":
            first.setdefault(Setting.of(result.cell), result)
    simulate = simulation_named(SIMULATE)
    unequal = []
    for result in first.values():
        again = result_of(result.cell, registry, simulate)
        rows = [{**result_to_row(found), "wall_ns": None} for found in (result, again)]
        if rows[0] != rows[1]:
            cell = result.cell
            unequal.append(f"{cell.hardware} {cell.kernel} {cell.scenario} seed {cell.seed}")
    return len(first), tuple(unequal)


def _settling(
    windows: Sequence[CellResult], primary: Sequence[str], warm_up_ns: int
) -> list[tuple[Setting, Settling]]:
    """The settling of each primary metric in each setting."""
    from pcpbench.statistics.pairing import Setting
    from pcpbench.statistics.warm_up import settling

    groups: dict[Setting, dict[int, list[CellResult]]] = {}
    for result in windows:
        groups.setdefault(Setting.of(result.cell), {}).setdefault(result.cell.seed, []).append(
            result
        )
    found = []
    for setting, seeds in groups.items():
        step = next(iter(seeds.values()))[0].cell.time_ns
        for name in primary:
            series = [[result.metrics.get(name) for result in own] for own in seeds.values()]
            found.append((setting, settling(name, series, step, warm_up_ns=warm_up_ns)))
    return found
