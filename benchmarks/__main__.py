"""All figures of how fast pcpbench is, with what was asked of each and the host's memory bound.

    python -m benchmarks [--json] [--repeat N] [--only WORD] [--recording FOLDER]

A figure is the best of N runs; page calls are per second of CPU time of one core, setting up,
the conversation with the strategy and the metrics included. README.md says what each figure is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from benchmarks import host
from benchmarks.figures import FIGURES, Options

HEADS = ("figure", "value", "unit", "wanted", "met", "frames MiB", "chase ns", "M lines/s")


def row(figure: dict[str, Any]) -> list[Any]:
    """One line of the table."""
    bound = figure.get("memory_bound") or {}
    wanted = None
    if figure["wanted"] is not None:
        sign = ">=" if figure["more_is_better"] else "<="
        wanted = f"{sign} {figure['wanted']:g}"
    met = {True: "yes", False: "no", None: ""}[figure["met"]]
    value = "skipped" if figure["value"] is None else f"{figure['value']:.3g}"
    columns = ("frames_mib", "chase_ns", "million_lines_per_s")
    return [
        figure["name"],
        value,
        figure["unit"],
        wanted,
        met,
        *(f"{bound[key]:.1f}" if key in bound else None for key in columns),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each figure")
    parser.add_argument("--only", default="", metavar="WORD", help="figures whose group has it")
    parser.add_argument("--recording", metavar="FOLDER", help="a case to replay")
    given = parser.parse_args(arguments)
    options = Options(repeat=max(1, given.repeat), recording=given.recording)
    figures: list[dict[str, Any]] = []
    for group, measure in FIGURES.items():
        if given.only not in group:
            continue
        print(f"measuring: {group}", file=sys.stderr)
        figures += [dict(figure.as_json(), group=group) for figure in measure(options)]
    if given.json:
        print(json.dumps({"host": host.description(), "figures": figures}, indent=2))
        return 0
    print(tabulate([row(figure) for figure in figures], headers=HEADS, disable_numparse=True))
    for figure in figures:
        if figure["note"]:
            print(f"\n{figure['name']}: {figure['note']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
