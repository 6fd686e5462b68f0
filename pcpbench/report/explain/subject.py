"""Decides which event a metric is about, and which of a cell's events is the worst of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pcpbench.errors import InputError, suggestion
from pcpbench.simulator.cell import Cell
from pcpbench.simulator.event_log import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of event that can be explained. ``metric``: the one whose maximum the longest of
    them is. ``isolated``: on isolated CPUs only. ``noun``: what a reader calls one."""

    metric: str
    kind: str
    noun: str
    isolated: bool = False
    prefixes: tuple[str, ...] = ()

    def is_about(self, metric: str) -> bool:
        """Whether a metric is made of such events."""
        return metric == self.metric or metric.startswith(self.prefixes or self.metric)


SUBJECTS = (
    Subject(
        metric="isolated.alloc_latency_ns.max",
        kind="alloc_call",
        noun="allocation of an isolated CPU",
        isolated=True,
        prefixes=("isolated.alloc_latency_ns", "isolated.refills"),
    ),
    Subject(
        metric="isolated.max_single_noise_ns",
        kind="noise",
        noun="interruption of an isolated CPU",
        isolated=True,
        prefixes=("isolated.",),
    ),
    Subject(
        metric="alloc.latency_ns.max",
        kind="alloc_call",
        noun="allocation",
        prefixes=("alloc.", "reclaim."),
    ),
    Subject(
        metric="free.latency_ns.max",
        kind="free_call",
        noun="free",
        prefixes=("free.",),
    ),
    Subject(metric="drain.latency_ns.max", kind="drain", noun="drain", prefixes=("drain.",)),
    Subject(
        metric="zone_lock.wait_ns.max",
        kind="zone_lock_wait",
        noun="wait for the zone lock",
        prefixes=("zone_lock.wait",),
    ),
    Subject(
        metric="zone_lock.hold_ns.max",
        kind="zone_lock_hold",
        noun="hold of the zone lock",
        prefixes=("zone_lock.hold",),
    ),
)


def subject_of(metric: str) -> Subject:
    """What to explain for a metric. Raises InputError for one that no single event decides."""
    for subject in SUBJECTS:
        if subject.is_about(metric):
            return subject
    names = [subject.metric for subject in SUBJECTS]
    raise InputError.one(
        f"no single event decides the metric '{metric}'{suggestion(metric, names)}",
        "--metric",
        f"those that can be explained: {', '.join(names)}",
    )


def usual_subjects(cell: Cell) -> Sequence[Subject]:
    """What is explained unless the user asks for one: the slowest call, and what happened to
    isolated CPUs, if there are any."""
    wanted = ["alloc.latency_ns.max"]
    if cell.machine.isolated:
        wanted.append("isolated.max_single_noise_ns")
    return [subject_of(metric) for metric in wanted]


def worst(subject: Subject, longest: Iterable[Event], cell: Cell) -> Event | None:
    """The longest event of the subject, None if there was none."""
    found = [
        event
        for event in longest
        if event.kind == subject.kind
        and (not subject.isolated or event.cpu in cell.machine.isolated)
    ]
    return max(found, key=lambda event: (event.length_ps, -event.cpu), default=None)
