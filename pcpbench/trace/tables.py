"""Decides which CPU makes which calls of a cycle, with which gaps, and where it may begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pcpbench.plugin.workload import PAUSE
from pcpbench.trace.cycle import Cycle
from pcpbench.trace.gaps import Gaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A longer gap becomes several, so that a stream can begin within it.
LONGEST_GAP_NS = 20_000
MOST_PAUSES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One CPU's calls and pauses: columns as an OpStream has them, and for each entry its
    ``time_ns`` since the cycle began (below 0 on the way back from its end).

    ``calls``: numbers of the cycle's calls that it makes; ``at``: the entry of each.
    """

    op: NDArray[Any]
    order: NDArray[Any]
    migratetype: NDArray[Any]
    slot: NDArray[Any]
    gap_ns: NDArray[Any]
    time_ns: NDArray[Any]
    calls: NDArray[Any]
    at: NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A cycle spread over a group of CPUs. ``place``: of each recorded CPU in the group;
    ``times_ns``: of each call; ``length_ns``: of the cycle."""

    cycle: Cycle
    place: NDArray[Any]
    times_ns: NDArray[Any]
    length_ns: int
    tables: Sequence[Table]

    def begin(self, cpu: int, call: int) -> tuple[int, int]:
        """(entry, call) at which CPU ``cpu`` of the group begins if the cycle stands at ``call``:
        its entry at that time, and its next call from there on, the number of calls if none."""
        import numpy as np

        table = self.tables[cpu]
        time_ns = self.times_ns[call]
        following = int(np.searchsorted(table.calls, call))
        if not len(table.calls):
            return 0, len(self.cycle.op)
        if following == len(table.calls):
            entry = int(np.searchsorted(table.time_ns, time_ns - self.length_ns))
            return min(entry, int(table.at[0])), len(self.cycle.op)
        first = int(table.at[following - 1]) + 1 if following else 0
        entry = int(np.searchsorted(table.time_ns, time_ns))
        return min(max(entry, first), int(table.at[following])), int(table.calls[following])


def spread(cycle: Cycle, gaps: Gaps, cpus: int) -> Tables:
    """The tables of a group of ``cpus`` CPUs, at most as many as the recording has."""
    import numpy as np

    place = _places(cycle, cpus)
    times_ns, length_ns = gaps.times_ns(cycle, cpus)
    tables = []
    for cpu in range(cpus):
        calls = np.flatnonzero(place[cycle.cpu] == cpu)
        tables.append(_table(cycle, calls, times_ns[calls], length_ns))
    return Tables(
        cycle=cycle, place=place, times_ns=times_ns, length_ns=length_ns, tables=tuple(tables)
    )


def _places(cycle: Cycle, cpus: int) -> NDArray[Any]:
    """The place in the group of each recorded CPU: its own, or with the least loaded so far, the
    busiest first."""
    import numpy as np

    if cpus == cycle.cpus:
        return np.arange(cpus)
    calls = np.bincount(cycle.cpu, minlength=cycle.cpus).tolist()
    place = np.zeros(cycle.cpus, dtype=np.int64)
    load = [0] * cpus
    for recorded in sorted(range(cycle.cpus), key=lambda c: (-calls[c], c)):
        chosen = load.index(min(load))
        place[recorded] = chosen
        load[chosen] += calls[recorded]
    return place


def _table(cycle: Cycle, calls: NDArray[Any], times_ns: NDArray[Any], length_ns: int) -> Table:
    import numpy as np

    longest_ns = max(LONGEST_GAP_NS, length_ns // MOST_PAUSES)
    if len(calls):
        before = times_ns[-1] - length_ns
        gaps = np.diff(times_ns, prepend=before)
        at = np.cumsum(gaps // longest_ns + 1) - 1
        entries = int(at[-1]) + 1
    else:
        before, gaps, at, entries = -length_ns, times_ns, calls, 1
    gap_ns = np.full(entries, longest_ns, dtype=np.uint32)
    gap_ns[at] = gaps % longest_ns

    def column(values: NDArray[Any], elsewhere: int) -> NDArray[Any]:
        filled = np.full(entries, elsewhere, dtype=values.dtype)
        filled[at] = values[calls]
        return filled

    return Table(
        op=column(cycle.op, PAUSE),
        order=column(cycle.order, 0),
        migratetype=column(cycle.migratetype, 0),
        slot=column(cycle.slot, 0),
        gap_ns=gap_ns,
        time_ns=before + np.cumsum(gap_ns, dtype=np.int64),
        calls=calls,
        at=at,
    )
