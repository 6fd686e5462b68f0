"""Replays every recording in a folder and writes what was exact into docs/fidelity.md.

    python benchmarks/fidelity.py ../shared/traces [--check]

The folder holds KERNEL/CASE. The tables stand between two marks in the page; `--check` writes
nothing and ends with 1 if they would change.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pcpbench.errors import InputError
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.trace.replay.case import find_case, preset_name, read_snapshot
from pcpbench.trace.replay.run import replay
from pcpbench.trace.replay.score import ReplayResult, Tally

PAGE = Path(__file__).parents[1] / "docs" / "fidelity.md"
BEGIN = "<!-- tables: begin -->"
END = "<!-- tables: end -->"
PAGE_BYTES = 4096
# Short names of the kinds, one column each.
KINDS = {
    "alloc_pfn": "allocations",
    "refill_size": "refills",
    "refill_pfn": "blocks taken",
    "drain_size": "flushes",
    "drain_pfn": "pages flushed",
    "fallback": "fallbacks",
    "final_pcp_pages": "pcp lists",
    "final_free_pages": "free lists",
}


def results(folder: Path, inputs: str, *, resync: bool = False) -> Iterator[ReplayResult]:
    """The result of every case below ``folder`` that has a snapshot."""
    presets = {path.stem: load_preset(path) for path in pcpbench_kernels()}
    releases = {name: preset.release for name, preset in presets.items()}
    for path in sorted(folder.glob("*/*")):
        if not path.is_dir():
            continue
        try:
            case = find_case(str(path))
        except InputError:
            continue
        if case.before is None:
            continue
        kernel = preset_name(read_snapshot(case.before).release, releases)
        policy = list_policy(presets[kernel], PAGE_BYTES)
        yield replay(case, kernel, policy, inputs=inputs, resync=resync)


def shown(tally: Tally) -> str:
    """``exact / total``, or one number where they are equal."""
    if tally.exact == tally.total:
        return f"{tally.total:,}" if tally.total else "-"
    return f"**{tally.exact:,}** / {tally.total:,}"


def exact_table(found: Sequence[ReplayResult]) -> str:
    """One row a case: every kind of prediction, and what was given."""
    lines = [
        "| case | " + " | ".join(KINDS.values()) + " | counters |",
        "|---|" + "---:|" * (len(KINDS) + 1),
    ]
    for result in found:
        cells = [shown(result.scores[kind]) for kind in KINDS]
        lines.append(f"| {result.case} | {' | '.join(cells)} | {shown(result.final_counters)} |")
    return "\n".join(lines)


def given_table(found: Sequence[ReplayResult]) -> str:
    """Facts given beyond calls and order, by case."""
    order = {"order of holds", "push order", "pop order", "failed trylock"}
    lines = ["| case | given besides calls and order |", "|---|---|"]
    for result in found:
        given = {k: n for k, n in result.inputs_used.items() if k not in order}
        text = ", ".join(f"{kind} {count:,}" for kind, count in given.items())
        lines.append(f"| {result.case} | {text or '-'} |")
    return "\n".join(lines)


def level_table(by_level: dict[str, Sequence[ReplayResult]]) -> str:
    """Page frames of allocations that are exact, at each level of inputs."""
    lines = ["| case | calls | order | facts |", "|---|---:|---:|---:|"]
    for same in zip(*by_level.values(), strict=True):
        cells = [f"{result.scores['alloc_pfn'].fraction:.2%}" for result in same]
        lines.append(f"| {same[0].case} | {' | '.join(cells)} |")
    return "\n".join(lines)


def resync_table(found: Sequence[ReplayResult]) -> str:
    """What is exact where every miss is put right, and what was put right, by cause."""
    lines = [
        "| case | allocations | blocks taken | pages flushed | resynchronised |",
        "|---|---:|---:|---:|---|",
    ]
    for result in found:
        kinds = ("alloc_pfn", "refill_pfn", "drain_pfn")
        cells = [f"{result.scores[kind].fraction:.2%}" for kind in kinds]
        causes = ", ".join(f"{cause} {n:,}" for cause, n in result.resync_causes.items())
        lines.append(f"| {result.case} | {' | '.join(cells)} | {causes or '-'} |")
    return "\n".join(lines)


def tables(folder: Path) -> str:
    """All tables of the page."""
    by_level = {level: list(results(folder, level)) for level in ("calls", "order", "facts")}
    if not by_level["facts"]:
        raise InputError.one("no case with a snapshot", str(folder), "give a folder KERNEL/CASE")
    return "\n\n".join(
        (
            "## With `facts`\n\nOne number: all exact. Bold: fewer.",
            exact_table(by_level["facts"]),
            "## What the facts were",
            given_table(by_level["facts"]),
            "## Page frames of allocations by level of inputs",
            level_table(by_level),
            "## With `order --resync`",
            resync_table(list(results(folder, "order", resync=True))),
        )
    )


def main() -> int:
    """Writes the page, or says whether it is as it would be written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    before = PAGE.read_text()
    head, rest = before.split(BEGIN)
    after = f"{head}{BEGIN}\n\n{tables(arguments.folder)}\n\n{END}{rest.split(END)[1]}"
    if arguments.check:
        return 0 if after == before else 1
    PAGE.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
