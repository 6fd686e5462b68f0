"""Decides what a replay's result holds, and how it is written as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FORMAT = "pcpbench-replay/1"
# What a prediction is scored on, in words.
MEANINGS: Mapping[str, str] = {
    "alloc_pfn": "page frame of an allocation",
    "refill_size": "blocks taken from the zone at once",
    "refill_pfn": "block taken from the zone",
    "drain_size": "pages of a flush or drain",
    "drain_pfn": "page flushed or drained",
    "fallback": "block of another type taken",
    "final_pcp_pages": "place on a CPU's list at the end",
    "final_free_pages": "place on a free list at the end",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of one kind were predicted exactly, and how many left out of the score."""

    exact: int
    total: int
    excluded: int

    @property
    def fraction(self) -> float:
        """1 if there was nothing to predict."""
        return self.exact / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The first prediction that failed: ``expected`` is what was recorded."""

    line: int
    event: str
    expected: str
    predicted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """What a replay predicted of a case. ``differences``: lists that differ in the end."""

    case: str
    kernel: str
    inputs: str
    lines: int
    events: Mapping[str, int]
    inputs_used: Mapping[str, int]
    scores: Mapping[str, Tally]
    final_counters: Tally
    resyncs: int
    resync_causes: Mapping[str, int]
    first_divergence: Divergence | None
    excluded_because: Mapping[str, int]
    differences: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        first = self.first_divergence
        return {
            "format": FORMAT,
            "case": self.case,
            "kernel": self.kernel,
            "inputs": self.inputs,
            "events": dict(self.events),
            "inputs_used": dict(self.inputs_used),
            "scores": {name: asdict(tally) for name, tally in self.scores.items()},
            "final_counters": asdict(self.final_counters),
            "resyncs": self.resyncs,
            "resync_causes": dict(self.resync_causes),
            "first_divergence": None if first is None else asdict(first),
            "excluded_because": [
                {"reason": reason, "count": count}
                for reason, count in self.excluded_because.items()
            ],
        }


def result_of(case: str, kernel: str, inputs: str, native: Any) -> ReplayResult:
    """The result of a finished ``_native.Replay``."""
    found = native.score()
    first = found["first_divergence"]
    return ReplayResult(
        case=case,
        kernel=kernel,
        inputs=inputs,
        lines=native.lines,
        events=found["events"],
        inputs_used=found["inputs_used"],
        scores={name: Tally(**found["scores"][name]) for name in MEANINGS},
        final_counters=Tally(**found["final_counters"]),
        resyncs=found["resyncs"],
        resync_causes=found["resync_causes"],
        first_divergence=None if first is None else Divergence(**first),
        excluded_because=found["excluded_because"],
        differences=tuple(native.differences),
    )
