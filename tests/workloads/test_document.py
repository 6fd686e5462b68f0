"""The page of the workloads agrees with their classes."""

from __future__ import annotations

from pathlib import Path

from pcpbench.workloads.builtin import BUILT_IN
from pcpbench.workloads.document import markdown

PAGE = Path(__file__).parents[2] / "docs" / "workloads.md"
# What an experiment may name; one that is gone breaks the experiments of others.
PROMISED = {
    "memory-pressure",
    "isolated-loop",
    "repeat",
    "trace",
    "page-fault",
    "fork-exec",
    "brk",
    "bulk",
    "random-free",
    "thp",
    "producer-consumer",
    "network-receive",
    "contiguous",
    "memory-offline",
}


def test_the_page_agrees_with_the_classes() -> None:
    assert PAGE.read_text() == markdown(BUILT_IN)


def test_every_promised_workload_is_there() -> None:
    assert {workload.kind for workload in BUILT_IN} == PROMISED
