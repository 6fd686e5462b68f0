"""Decides which cells tell how verdicts depend on all uncertain numbers of the profiles at once.

Each draw of a Latin hypercube gives every uncertain number a place in its range; each setting and
strategy is simulated once more with it, with one seed and a part of its time, as for robustness.
docs/statistics.md says how verdicts are examined with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from inspect import signature

from pcpbench.errors import InputError, Problem
from pcpbench.experiment.experiment import Experiment
from pcpbench.experiment.robustness import shorter
from pcpbench.hardware.profile import PLACES, HardwareProfile
from pcpbench.hardware.uncertainty import NUMBERS, is_uncertain
from pcpbench.simulator.cell import Cell

STUDY = "sensitivity"
DRAWS = 64
LEAST_DRAWS = 16  # with fewer no rank correlation would be significant among so many numbers


def check_sensitivity(experiment: Experiment, profiles: Mapping[str, HardwareProfile]) -> None:
    """Raises InputError with all that makes the examination impossible."""
    problems = []
    if experiment.sensitivity < LEAST_DRAWS:
        thing = f"{experiment.sensitivity} draws are too few to tell numbers apart"
        problems.append(Problem(thing, "--draws", f"give {LEAST_DRAWS} or more"))
    if not experiment.primary:
        thing = "--sensitivity examines verdicts on primary metrics, and there are none"
        problems.append(Problem(thing, None, "declare 'primary' in the experiment"))
    if not any(is_uncertain(p, key) for p in profiles.values() for key in NUMBERS):
        names = ", ".join(profiles)
        thing = f"no number of the hardware profiles has a range ({names})"
        problems.append(Problem(thing, None, "leave --sensitivity out"))
    if problems:
        raise InputError(problems)


def sensitivity_cells(
    cells: Sequence[Cell], profiles: Mapping[str, HardwareProfile], draws: int
) -> Iterator[Cell]:
    """The cells beside ``cells``, which are those of one replicate: first all at the values
    themselves, then draw by draw, so that an interrupted run has whole draws. All profiles have the
    same draws, as far as their numbers have ranges."""
    short = [shorter(cell, STUDY) for cell in cells]
    yield from short
    seed = cells[0].seed if cells else 0
    for places in hypercube(draws, seed):
        for cell in short:
            profile = profiles[cell.hardware]
            own = tuple((key, p) for key, p in places.items() if is_uncertain(profile, key))
            if own:
                yield replace(cell, cost_places=own)


def hypercube(draws: int, seed: int) -> list[dict[str, int]]:
    """For each draw the place of every number in its range; of each number, one draw lies in each
    of ``draws`` equal parts of the range."""
    import numpy as np
    from scipy.stats import qmc

    # SciPy calls its generator "seed" until 1.14, "rng" later.
    name = "rng" if "rng" in signature(qmc.LatinHypercube).parameters else "seed"
    sampler = qmc.LatinHypercube(len(NUMBERS), **{name: np.random.default_rng(seed)})
    points = sampler.random(draws)
    return [
        dict(zip(NUMBERS, (round(PLACES * float(x)) for x in point), strict=True))
        for point in points
    ]
