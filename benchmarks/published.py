"""Runs every experiment of configs/published/ and prints which published numbers it meets.

    python benchmarks/published.py [NAME ...]

Exit code 1 if a row is missed that docs/published.md does not name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pcpbench.experiment import load_experiment
from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.simulator.run import run_cell
from pcpbench.statistics.reference import ReferenceRow, reference_rows

PROJECT = Path(__file__).parent.parent
PAGE = PROJECT / "docs" / "published.md"


def rows_of(path: Path, registry: Registry) -> Iterator[ReferenceRow]:
    """The published numbers of an experiment beside what its cells give."""
    experiment = load_experiment(path, registry=registry)
    results = [run_cell(cell, registry) for cell in experiment.cells()]
    yield from reference_rows(experiment.reference, results, registry.metrics)


def line(row: ReferenceRow) -> str:
    reference, here = row.reference, row.measured
    published = "..".join(dict.fromkeys(f"{end:g}" for end in (reference.low, reference.high)))
    setting = "" if row.setting is None else f"{row.strategy} {row.setting.hardware}"
    value = row.why if here is None else f"{here:.4g}"
    return f"{row.outcome:8} {reference.name} ({setting}): published {published}, here {value}"


def main(names: list[str]) -> int:
    registry = load_registry()
    named = PAGE.read_text()
    unexpected = 0
    for path in sorted((PROJECT / "configs" / "published").glob("*.yaml")):
        if names and path.stem not in names:
            continue
        print(path.name)
        for row in rows_of(path, registry):
            print(f"  {line(row)}", flush=True)
            unexpected += row.outcome != "hit" and row.reference.name not in named
    return int(unexpected > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
