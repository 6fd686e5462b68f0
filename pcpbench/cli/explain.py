"""Decides what `pcpbench explain` does: says why the slowest moments of a cell were slow."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pcpbench.cli.options import add_plugin_options
from pcpbench.cli.planning import registry_with, whole_paths
from pcpbench.errors import InputError, suggestion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pcpbench.plugin.registry import Registry
    from pcpbench.report.explain.explanation import Explanation
    from pcpbench.report.explain.subject import Subject
    from pcpbench.simulator.cell import CellResult
    from pcpbench.store import RunFile

EXAMPLES = """\
examples:
  pcpbench explain RUN 7                            the cell in row 7 of csv-cells
  pcpbench explain RUN workqueue recorded seed=3    the cell with these values
  pcpbench explain RUN rcu-swap --metric drain.latency_ns
Without a seed it is the replicate with the worst value of the metric.
"""
# How far before the event its causes are looked for: what a kworker usually waits, and more.
LOOK_BACK_PS = 20_000_000_000
MOST_EVENTS = 1 << 18


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "explain",
        help="say why the slowest moment of a cell was slow",
        description="Simulates a cell of a finished run again and says why its slowest call, or "
        "the worst interruption of an isolated CPU, was so slow.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the run file")
    add_cell_argument(parser)
    parser.add_argument(
        "--metric",
        metavar="NAME",
        help="explain the worst event behind this metric, such as drain.latency_ns",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    add_plugin_options(parser)
    parser.set_defaults(command=explain)


def add_cell_argument(parser: argparse.ArgumentParser) -> None:
    """The words that name a cell."""
    parser.add_argument(
        "cell",
        metavar="CELL",
        nargs="*",
        help="a row number of `--format csv-cells`, or values of its row: strategy, scenario, "
        "hardware, seed=N, PATH=VALUE of a sweep",
    )


def explain(arguments: argparse.Namespace) -> int:
    """Prints the explanation; 0 also if there is nothing to explain."""
    from pcpbench.report.explain.explanation import render_json, render_text
    from pcpbench.report.explain.subject import subject_of, usual_subjects
    from pcpbench.store import RunFile

    with RunFile.open(arguments.run) as run_file:
        asked = None
        if arguments.metric is not None:
            _check_metric(run_file, arguments.metric)
            asked = subject_of(arguments.metric)
        registry = registry_of(run_file, arguments.plugin)
        kept = chosen_cell(run_file, arguments.cell, asked)
        subjects = [asked] if asked else usual_subjects(kept.cell)
        found = _explained(run_file, kept, registry, subjects)
    if arguments.json:
        print(render_json(str(arguments.run), kept.cell, found))
    else:
        from pcpbench.cli.output import columns

        print(render_text(kept.cell, found, width=columns()).rstrip("\n"))
    return 0


def _check_metric(run_file: RunFile, name: str) -> None:
    """Raises InputError for a metric, or beginning of one, that the run does not have."""
    known = list(dict.fromkeys(m for r in run_file.results()[:1] for m in r.metrics))
    if not any(metric == name or metric.startswith(f"{name}.") for metric in known):
        raise InputError.one(
            f"the run has no metric '{name}'{suggestion(name, known)}",
            "--metric",
            "`pcpbench list metrics` shows them all",
        )


def registry_of(run_file: RunFile, plugins: Sequence[str]) -> Registry:
    """What is installed, with the run's plugins and those named."""
    return registry_with(tuple(dict.fromkeys((*run_file.header.plugins, *whole_paths(plugins)))))


def chosen_cell(
    run_file: RunFile, words: Sequence[str], subject: Subject | None = None
) -> CellResult:
    """The result of the cell that the words name; of several replicates the one with the largest
    value of the subject's metric. Raises InputError if there is none, or if it failed."""
    from pcpbench.report.cell_names import NumberedCell, matching_cells
    from pcpbench.report.explain.subject import subject_of

    finished = [result for result in run_file.results() if not result.cell.study]
    cells = [NumberedCell(number=i, result=r) for i, r in enumerate(finished, start=1)]
    found = [cell.result for cell in matching_cells(cells, words, run_file.path)]
    well = [result for result in found if result.status == "ok"]
    if not well:
        why = found[0].error if found else "the run has no finished cell"
        raise InputError.one(
            f"the cell has nothing to explain: {why}", str(run_file.path), "choose another cell"
        )
    metric = (subject or subject_of("alloc.latency_ns.max")).metric
    return max(well, key=lambda result: result.metrics.get(metric) or 0)


def _explained(
    run_file: RunFile, kept: CellResult, registry: Registry, subjects: Sequence[Subject]
) -> list[Explanation]:
    """Two simulations: the first finds the moments, the second keeps what happened around them."""
    from pcpbench.report.explain.explanation import explanation
    from pcpbench.report.explain.subject import worst
    from pcpbench.runner.again import simulated_again
    from pcpbench.simulator.event_log import EventLog

    search = EventLog(to_ps=0, most=1)
    simulated_again(run_file, kept, registry, search)
    found = []
    for subject in subjects:
        main = worst(subject, search.longest, kept.cell)
        events = []
        if main is not None:
            log = EventLog(
                from_ps=main.begin_ps - LOOK_BACK_PS, to_ps=main.end_ps + 1, most=MOST_EVENTS
            )
            simulated_again(run_file, kept, registry, log)
            events = log.events
        found.append(explanation(subject, main, events, kept))
    return found
