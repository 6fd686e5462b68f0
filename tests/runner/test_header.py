"""Tests what a run file says of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pcpbench import __version__
from pcpbench.runner import engine_identity, run_header
from pcpbench.store import RunHeader


@dataclass(frozen=True)
class Planned:
    name: str = "pressure"
    question: str = "Is it quiet?"
    baseline: str = "workqueue"
    primary: tuple[str, ...] = ("drain.ipis",)
    margins: Mapping[str, float] = field(default_factory=lambda: {"drain.ipis": 1.0})

    def resolved(self) -> dict[str, Any]:
        return {"name": self.name}


def test_a_header_says_what_was_asked_by_whom_and_with_what() -> None:
    header = run_header(Planned(), plugins=["/a/b.py"], command=["pcpbench", "run", "x.yaml"])
    assert header.experiment == {"name": "pressure"}
    assert header.engine == engine_identity()
    assert header.plugins == ("/a/b.py",)
    assert header.environment["command"] == "pcpbench run x.yaml"
    assert header.environment["pcpbench"] == __version__
    assert RunHeader.from_json(header.to_json()) == header
