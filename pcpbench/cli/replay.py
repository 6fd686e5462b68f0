"""Decides what `pcpbench replay` does: predicts a recorded kernel and scores the prediction."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pcpbench.cli.options import add_plugin_options
from pcpbench.errors import GateFailed, InputError, suggestion

if TYPE_CHECKING:
    from pcpbench.trace.replay.score import ReplayResult

PAGE_BYTES = 4096
INPUTS = ("calls", "order", "facts")
EXAMPLES = """\
examples:
  pcpbench replay traces/6.12/churn4                      how exact, with the order of holds given
  pcpbench replay traces/6.12/churn4 --inputs facts       also with what only probe lines show
  pcpbench record -o mine -- ./churn && pcpbench replay mine
"""
HEADERS = ("predicted", "exact", "of", "", "left out")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "replay",
        help="predict what a recorded kernel did, page frame for page frame",
        description="Starts the allocator from a recording's first snapshot, feeds it the recorded "
        "calls and compares every page frame, refill, drain and list with what the kernel did. "
        "Without a snapshot (pcpbench record) the lists are learnt from the events, and only what "
        "these determine is scored.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("case", metavar="CASE", help="folder with trace.txt, snap0.txt if there")
    parser.add_argument(
        "--inputs",
        choices=INPUTS,
        default="order",
        help="what is given beside the calls: nothing, the order in which lock holds took effect "
        "(default), or also what only probe lines tell",
    )
    parser.add_argument(
        "--resync", action="store_true", help="after a divergence, go on from what was recorded"
    )
    parser.add_argument("--kernel", metavar="NAME", help="preset to use, if not the recording's")
    parser.add_argument(
        "--require",
        metavar="FRACTION",
        type=_fraction,
        default=0.999,
        help="exit code 1 if fewer of the page frames are exact (default 0.999)",
    )
    parser.add_argument("--json", action="store_true", help="print the score as JSON")
    add_plugin_options(parser)
    parser.set_defaults(command=replay_case)


def replay_case(arguments: argparse.Namespace) -> int:
    """0 if enough page frames are exact, 1 if not."""
    result = _replay(arguments)
    if arguments.json:
        import json

        print(json.dumps(result.to_json(), indent=2, ensure_ascii=False))
    else:
        print(_text(result))
    exact = result.scores["alloc_pfn"].fraction
    if exact < arguments.require:
        raise GateFailed(
            f"{exact:.4%} of the page frames are exact, {arguments.require:.4%} were required"
        )
    return 0


def _replay(arguments: argparse.Namespace) -> ReplayResult:
    from pcpbench.cli.planning import registry_with, whole_paths
    from pcpbench.kernels.policy import list_policy
    from pcpbench.kernels.preset import load_preset
    from pcpbench.trace.replay.case import find_case, preset_name, read_snapshot
    from pcpbench.trace.replay.learning import recorded_release
    from pcpbench.trace.replay.run import replay

    files = registry_with(whole_paths(arguments.plugin)).kernels
    presets = {name: load_preset(path) for name, path in files.items()}
    case = find_case(arguments.case)
    name = arguments.kernel
    if name is None:
        releases = {key: preset.release for key, preset in presets.items()}
        release = (
            recorded_release(case) if case.before is None else read_snapshot(case.before).release
        )
        name = preset_name(release, releases)
    if name not in presets:
        hint = suggestion(name, presets)
        raise InputError.one(
            f"there is no kernel preset '{name}'{hint}", None, f"use {', '.join(presets)}"
        )
    policy = list_policy(presets[name], PAGE_BYTES)
    return replay(case, name, policy, inputs=arguments.inputs, resync=arguments.resync)


def _text(result: ReplayResult) -> str:
    from tabulate import tabulate

    from pcpbench.trace.replay.score import MEANINGS

    tallies = [(MEANINGS[name], tally) for name, tally in result.scores.items()]
    tallies.append(("counter at the end", result.final_counters))
    rows = [
        (
            meaning,
            tally.exact,
            tally.total,
            f"{tally.fraction:.4%}" if tally.total else "-",
            tally.excluded or "",
        )
        for meaning, tally in tallies
    ]
    parts = [
        f"{result.case}: {result.lines} lines, kernel {result.kernel}, inputs {result.inputs}",
        str(tabulate(rows, headers=HEADERS, colalign=("left", "right"))),
    ]
    given = ", ".join(f"{kind} {count}" for kind, count in result.inputs_used.items())
    parts.append(f"given beside the calls: {given or 'nothing'}")
    if result.resyncs:
        causes = ", ".join(f"{cause} {count}" for cause, count in result.resync_causes.items())
        parts.append(f"resynchronised {result.resyncs} times: {causes}")
    parts += [f"left out, {count}: {why}" for why, count in result.excluded_because.items()]
    if (first := result.first_divergence) is not None:
        parts.append(
            f"first divergence in line {first.line}, {first.event}: recorded {first.expected}, "
            f"predicted {first.predicted}"
        )
    parts += [f"differs at the end: {what}" for what in result.differences]
    return "\n".join(parts)


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 0 to 1")
    return value
