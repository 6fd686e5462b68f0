"""Decides how an explained moment is shown: sentences and a small table, or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pcpbench.report.cell_names import columns_of
from pcpbench.report.explain.scene import Scene
from pcpbench.report.explain.story import story
from pcpbench.report.explain.subject import Subject
from pcpbench.report.explain.words import PS_PER_NS, event_text, moment, time_text
from pcpbench.report.tables import fitted_table, paragraph
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.simulator.event_log import Event

FORMAT = "pcpbench-explain/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One moment of a cell. ``scene``: None if the cell had no such event."""

    subject: Subject
    scene: Scene | None
    usual_ns: float | None = None


def explanation(
    subject: Subject, main: Event | None, events: Sequence[Event], result: CellResult
) -> Explanation:
    """What there is to say of the event, beside the metric's usual value."""
    usual = None
    if subject.metric.endswith(".max"):
        usual = result.metrics.get(subject.metric.removesuffix("max") + "p50")
    scene = None if main is None else Scene.of(main, events)
    return Explanation(subject=subject, scene=scene, usual_ns=usual)


def render_text(cell: Cell, found: Sequence[Explanation], *, width: int = 80) -> str:
    """The explanations as text no wider than ``width`` columns."""
    name = ", ".join(f"{key} {value}" for key, value in columns_of(cell).items())
    head = paragraph(f"Simulated again: {name}.", width=width)
    return "\n\n".join([head, *(_one(one, width) for one in found)]) + "\n"


def _one(found: Explanation, width: int) -> str:
    if found.scene is None:
        return paragraph(
            f"There was no {found.subject.noun} ({found.subject.metric}).", width=width
        )
    sentences = [headline(found), *story(found.scene)]
    blocks = ["\n".join(paragraph(told, width=width) for told in sentences)]
    rows = [
        [_since(found.scene, e), f"{e.cpu}", _took(e), event_text(e)] for e in found.scene.rows()
    ]
    if rows:
        headers = ["from its start", "CPU", "took", "what"]
        blocks.append(fitted_table(headers, rows, width=width, right=(0, 1, 2)))
    return "\n\n".join(blocks)


def headline(found: Explanation) -> str:
    """What is explained: which, how long, where and when, and how long it usually is."""
    if found.scene is None:
        return f"There was no {found.subject.noun}."
    main = found.scene.main
    usual = ""
    if found.usual_ns is not None:
        usual = f"; half of all take at most {time_text(round(found.usual_ns * PS_PER_NS))}"
    return (
        f"The longest {found.subject.noun} took {time_text(main.length_ps)}, on CPU {main.cpu}, "
        f"from {moment(main.begin_ps)} on{usual}."
    )


def _since(scene: Scene, event: Event) -> str:
    ps = event.begin_ps - scene.main.begin_ps
    if ps == 0:
        return "0"
    return f"{'-' if ps < 0 else '+'}{time_text(abs(ps))}"


def _took(event: Event) -> str:
    return time_text(event.length_ps) if event.length_ps else ""


def render_json(path: str, cell: Cell, found: Sequence[Explanation]) -> str:
    """The explanations as JSON; times in ns from the start of the simulation."""
    document = {
        "format": FORMAT,
        "run": path,
        "cell": {**columns_of(cell), "seed": cell.seed},
        "explanations": [_as_json(one) for one in found],
    }
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False)


def _as_json(found: Explanation) -> dict[str, Any]:
    scene = found.scene
    return {
        "metric": found.subject.metric,
        "event": None if scene is None else _event(scene.main),
        "usual_ns": found.usual_ns,
        "sentences": [headline(found), *(story(scene) if scene else ())],
        "events": [] if scene is None else [_event(e) for e in scene.rows()],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "cpu": event.cpu,
        "begin_ns": event.begin_ps / PS_PER_NS,
        "length_ns": event.length_ps / PS_PER_NS,
        "other_cpu": None if event.other < 0 else event.other,
        "drain": None if event.drain < 0 else event.drain,
        "mechanism": event.mechanism if event.kind in ("interruption", "handler") else None,
        "cause": event.cause,
        "what": event_text(event),
    }
