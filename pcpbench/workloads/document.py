"""Decides how docs/workloads.md presents the workloads; the page is written from their classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from pcpbench.plugin.workload import Workload

INTRODUCTION = """\
# Workloads

This page is written from the classes in `pcpbench/workloads/`
(`python -m pcpbench.workloads.document > docs/workloads.md`); a test checks that it agrees.
`pcpbench describe NAME` prints the same.

A workload gives each of its CPUs a stream of page calls; what lies between two calls is user time,
or kernel time that has nothing to do with pages. All random numbers come from the seed, so all
strategies of a replicate meet the same stream. Times between calls that are not measured are called
estimates; none of them decides which strategy interrupts whom.

Reclaim takes pages only from workloads that simulate it; beside the others memory does not run
out, unless an experiment gives them too little.
"""


def markdown(workloads: Iterable[type[Workload]]) -> str:
    """The page docs/workloads.md."""
    shown = tuple(workloads)
    lines = [INTRODUCTION, "| kind | page calls |", "|---|---|"]
    lines += [f"| [`{w.kind}`](#{w.kind}) | {w.summary} |" for w in shown]
    for workload in shown:
        lines += ["", *_section(workload)]
    return "\n".join(lines) + "\n"


def _section(workload: type[Workload]) -> list[str]:
    reclaim = "simulated" if workload.simulates_reclaim else "not simulated"
    lines = [f"## {workload.kind}", "", inspect.getdoc(workload) or "", ""]
    lines += [f"- Modelled on: {workload.source}.", f"- A seed varies: {workload.seed_varies}."]
    lines += [f"- Reclaim of its pages: {reclaim}."]
    parameters = [f"- {parameter.in_words()}" for parameter in workload.parameters()]
    return [*lines, "", "Parameters:", "", *parameters] if parameters else lines


if __name__ == "__main__":
    from pcpbench.workloads.builtin import BUILT_IN

    print(markdown(BUILT_IN), end="")
