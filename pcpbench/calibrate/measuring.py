"""Decides in which order samples are taken, and what becomes of a measurement that fails.

All probes run once a round, so that a slow change of the machine (its clock, its neighbours) is
in the interval of every number, and no two numbers are of different minutes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pcpbench.calibrate.estimate import Estimate, median_estimate
from pcpbench.calibrate.host import Host
from pcpbench.calibrate.list_loop import MODES, ListLoopResult, ListLoopSamples, Mode
from pcpbench.calibrate.probes import Probe, probes, quiet_cpu
from pcpbench.errors import EnvironmentFailed

ROUNDS = 101
NOT_PERMITTED = (errno.EPERM, errno.EACCES)
# Without these the profile would be another machine's.
INDISPENSABLE = ("cycle", "l1_load", "atomic_rmw")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A number in ns and how it came about."""

    estimate: Estimate
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was measured. ``numbers``: by the names of probes; ``missing``: why others are not."""

    host: Host
    when: datetime
    rounds: int
    numbers: Mapping[str, Measured]
    list_loop: Mapping[Mode, ListLoopResult]
    missing: Mapping[str, str] = field(default_factory=dict)

    def value_ns(self, name: str) -> float | None:
        """A measured value, or None."""
        return self.numbers[name].estimate.value_ns if name in self.numbers else None


def calibrate(
    host: Host, *, rounds: int = ROUNDS, progress: Callable[[int, int], None] = lambda *_: None
) -> Calibration:
    """Measures this machine. ``progress``: told the rounds done and all.

    Raises EnvironmentFailed if the machine does not let a thread stay on a CPU.
    """
    from pcpbench import _native as native

    gathered = gather(probes(host), rounds, progress)
    loop = ListLoopSamples(native.ListLoop, quiet_cpu(host).number)
    for _ in range(rounds):
        loop.take()
    return Calibration(
        host=host,
        when=datetime.now(UTC),
        rounds=rounds,
        numbers=gathered.numbers,
        missing=gathered.missing,
        list_loop={mode: loop.result(mode) for mode in MODES},
    )


@dataclass(slots=True)
class Gathered:
    """Numbers by name, and reasons for those that are not there."""

    numbers: dict[str, Measured] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def gather(wanted: Iterable[Probe], rounds: int, progress: Callable[[int, int], None]) -> Gathered:
    """Samples of all probes, round after round; probes of the same name are pooled."""
    everything = list(wanted)
    samples: dict[str, list[float]] = {}
    gathered = Gathered()
    for done in range(rounds):
        for probe in everything:
            if not gathered.missing.keys() & set(probe.names):
                _take(probe, samples, gathered.missing)
        progress(done + 1, rounds)
    for probe in everything:
        for name in probe.names:
            if name not in gathered.missing:
                estimate = median_estimate(samples[name])
                gathered.numbers[name] = Measured(estimate=estimate, how=probe.how)
    return gathered


def _take(probe: Probe, samples: dict[str, list[float]], missing: dict[str, str]) -> None:
    try:
        taken: Sequence[float] = probe.sample()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        if set(probe.names) & set(INDISPENSABLE):
            permitted = "it is not permitted here" if error.errno in NOT_PERMITTED else why
            raise EnvironmentFailed(
                f"{probe.names[0]} cannot be measured: {permitted}; a sandbox or cpuset may forbid "
                "to stay on a CPU (sched_setaffinity)"
            ) from error
        missing.update(dict.fromkeys(probe.names, why))
        return
    for name, ns in zip(probe.names, taken, strict=True):
        samples.setdefault(name, []).append(ns)
