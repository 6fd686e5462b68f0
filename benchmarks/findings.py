"""Writes the tables of the pages about configs/ anew, from runs of them.

    python -m benchmarks.findings [NAME ...] [--runs FOLDER]

runs configs/NAME.yaml, by default all with a page, without its robustness study, and puts what came
out under each line of docs/NAME.md that says

    <!-- table: metrics=A,B across=KEY down=KEY KEY=VALUE ... -->

A row is a strategy, a value the mean over its replicates that have one, "-" where fewer than half
do. ``across``: a column for each value of ``hardware``, ``scenario`` or a swept key (the end of its
path is enough), in which the metrics stand side by side; else a column for each metric. ``down``:
likewise as groups of rows. Other keys choose cells; ``strategy`` may name several. Strategies with
the same texts share a row. The words around the tables stay: read them again.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

from pcpbench.metrics import Metric
from pcpbench.plugin.registry import load_registry
from pcpbench.report.numbers import value_text

PROJECT = Path(__file__).parent.parent
MARKED = re.compile(r"<!-- table: (.+) -->\n\n(?:\|.*\n)*\n?")
Cells = Sequence[Mapping[str, Any]]


def run(config: Path, kept: Path) -> Cells:
    """The cells of a run of an experiment that ended well; runs it unless the file is there."""
    command = [sys.executable, "-m", "pcpbench"]
    if not kept.exists():
        options = ["--output", str(kept), "--set", "robustness=false"]
        subprocess.check_output([*command, "run", str(config), *options])
    printed = subprocess.check_output([*command, "report", str(kept), "--json"])
    return [cell for cell in json.loads(printed)["cells"] if cell["status"] == "ok"]


@cache
def declared() -> Mapping[str, Metric]:
    return load_registry().metrics


def value_of(cell: Mapping[str, Any], key: str) -> str:
    """What a cell has for ``strategy``, ``hardware``, ``scenario``, or a swept key."""
    if key in cell:
        return str(cell[key])
    (path,) = [path for path in cell["sweep"] if path.endswith(key)]
    return str(cell["sweep"][path])


def split(cells: Cells, key: str | None) -> dict[str, Cells]:
    """The cells by their value of a key, in the order of the cells; all of them without a key."""
    if key is None:
        return {"": cells}
    values = dict.fromkeys(value_of(cell, key) for cell in cells)
    return {v: [cell for cell in cells if value_of(cell, key) == v] for v in values}


def mean_text(cells: Cells, metric: str) -> str:
    values = [v for cell in cells if (v := cell["metrics"][metric]) is not None]
    mean = fmean(values) if 2 * len(values) >= len(cells) else None
    return value_text(mean, declared()[metric].unit)


def rows_of(cells: Cells, metrics: Sequence[str], across: str | None) -> Iterator[list[str]]:
    """A row for each strategy, those with the same texts in one."""
    same: dict[tuple[str, ...], list[str]] = {}
    for label, own in split(cells, "strategy").items():
        texts = [
            mean_text(part, metric) for part in split(own, across).values() for metric in metrics
        ]
        if across:
            n = len(metrics)
            texts = ["; ".join(texts[i : i + n]) for i in range(0, len(texts), n)]
        same.setdefault(tuple(texts), []).append(f"`{label}`")
    for row, labels in same.items():
        yield [", ".join(labels), *row]


def table(cells: Cells, words: str) -> str:
    """The table that a marked line asks for. Raises ValueError if it chooses no cell."""
    asked = dict(word.split("=", 1) for word in words.split())
    metrics = asked.pop("metrics").split(",")
    across, down = asked.pop("across", None), asked.pop("down", None)
    for key, value in asked.items():
        cells = [cell for cell in cells if value_of(cell, key) in value.split(",")]
    if not cells:
        raise ValueError(f"no cell is chosen by '{words}'")
    columns = list(split(cells, across)) if across else [f"`{metric}`" for metric in metrics]
    lead = [down.split(".")[-1]] if down else []
    lines = [
        [*lead, "strategy", *columns],
        [*("---" for _ in lead), "---", *["---:"] * len(columns)],
    ]
    for group, part in split(cells, down).items():
        lines += [[*([group] if down else []), *row] for row in rows_of(part, metrics, across)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rewritten(page: str, cells: Cells) -> str:
    """The text of a page with its tables made of these cells."""
    return MARKED.sub(lambda m: f"<!-- table: {m[1]} -->\n\n{table(cells, m[1])}\n", page)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="of configs/NAME.yaml")
    parser.add_argument(
        "--runs", type=Path, metavar="FOLDER", help="keep runs here, and use those that are there"
    )
    given = parser.parse_args(arguments)
    configs = sorted((PROJECT / "configs").glob("*.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        for config in configs:
            page = PROJECT / "docs" / f"{config.stem}.md"
            if config.stem in (given.names or [config.stem]):
                cells = run(config, (given.runs or Path(folder)) / f"{config.stem}.sqlite")
                page.write_text(rewritten(page.read_text(), cells))
                print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
