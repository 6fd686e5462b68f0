"""Decides which cells tell whether verdicts hold over the uncertain numbers of a profile.

Each setting and strategy is simulated once more for every uncertain group of costs at its low and
at its high end, with one seed of the experiment and a part of its time, and once at the values
themselves to compare with. docs/statistics.md says how verdicts are tested with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pcpbench.experiment import values
from pcpbench.hardware.profile import HardwareProfile
from pcpbench.hardware.uncertainty import uncertain_groups
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.simulator.cell import Cell

STUDY = "robustness"
PART_OF_TIME = 8  # a round of calm and burst in configs/pressure.yaml
LEAST_TIME_NS = 100_000_000
# With fewer replicates little is decided, and this would be most of the run.
LEAST_REPLICATES = 10


def robustness_wanted(
    reading: Reading, entry: Entry | None, *, quick: bool, replicates: int
) -> bool:
    """Whether the experiment examines it: as its key says, else where verdicts are to be expected.
    Never in a first look."""
    said = None if entry is None else values.flag(reading, entry, "'robustness'")
    if quick:
        return False
    return replicates >= LEAST_REPLICATES if said is None else said


def robustness_cells(
    cells: Iterable[Cell], profiles: Mapping[str, HardwareProfile]
) -> Iterator[Cell]:
    """The cells beside ``cells``, which are those of one replicate."""
    for cell in cells:
        at_values = shorter(cell, STUDY)
        yield at_values
        for group, end in uncertain_groups(profiles[cell.hardware]):
            yield replace(at_values, cost_ends=((group, end),))


def shorter(cell: Cell, study: str) -> Cell:
    """The cell with a part of its time, for a study of what moves its verdicts."""
    time_ns = min(cell.time_ns, max(cell.time_ns // PART_OF_TIME, LEAST_TIME_NS))
    return replace(cell, study=study, time_ns=time_ns, warm_up_ns=cell.warm_up_ns // 2)
