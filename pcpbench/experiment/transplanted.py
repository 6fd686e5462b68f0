"""Decides which strategies of an experiment run in kernels that never had them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pcpbench.experiment.experiment import Point
from pcpbench.experiment.points import Machinery
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.plugin.blame import raised

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry


def transplanted(
    reading: Reading,
    registry: Registry,
    points: Iterable[Point],
    machinery: Machinery,
    entries: Mapping[str, Entry],
) -> dict[str, tuple[str, ...]]:
    """By name of each strategy, the kernels in which it is transplanted (``Strategy.historical``
    does not name them); none for one that is native to all. Complains of a strategy that raises."""
    place = entries["strategies"].place if "strategies" in entries else ""
    names = dict.fromkeys(choice.name for point in points for choice in point.strategies)
    found = {}
    for name in names:
        strategy = registry.strategies[name]
        try:
            found[name] = tuple(
                kernel for kernel in machinery.presets if strategy.is_transplanted(kernel)
            )
        except Exception as error:
            what = raised(error, caller=(__file__,))
            thing = f"strategy '{name}', is_transplanted {what}"
            reading.complain(thing, place, "mend the plugin")
    return found
