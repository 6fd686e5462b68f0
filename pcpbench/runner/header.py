"""Decides what a run file says of where, when and how its run was made."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from pcpbench import __version__
from pcpbench.runner.engine import engine_identity
from pcpbench.store import RunHeader, Session


class Described(Protocol):
    """What the header needs of an Experiment."""

    @property
    def name(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def baseline(self) -> str: ...
    @property
    def primary(self) -> tuple[str, ...]: ...
    @property
    def margins(self) -> Mapping[str, float]: ...
    def resolved(self) -> dict[str, Any]: ...


def run_header(
    experiment: Described, *, plugins: Sequence[str], command: Sequence[str]
) -> RunHeader:
    """The header of a run that begins now. ``plugins``: all that were named, files with their
    whole path. ``command``: what the user typed."""
    return RunHeader(
        name=experiment.name,
        question=experiment.question,
        experiment=experiment.resolved(),
        baseline=experiment.baseline,
        primary=tuple(experiment.primary),
        margins=dict(experiment.margins),
        engine=engine_identity(),
        plugins=tuple(plugins),
        version=__version__,
        environment=_environment(command),
    )


def new_session(command: Sequence[str]) -> Session:
    """A command that goes on with a run. ``command``: what the user typed."""
    return Session(engine=engine_identity(), environment=_environment(command))


def _environment(command: Sequence[str]) -> dict[str, str]:
    return {
        "command": " ".join(command),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": platform.node(),
        "machine": platform.machine(),
        "pcpbench": __version__,
        "python": platform.python_version(),
        "system": platform.release(),
    }
