"""Decides whether the workloads of an experiment can be built, before anything is simulated.

What a workload needs besides its parameters, such as a recording that is whole or memory enough
for it, shows only when its streams are built: once here, instead of in every cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pcpbench.errors import InputError, Problem
from pcpbench.experiment.experiment import Point
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.plugin.blame import raised
from pcpbench.plugin.workload import WorkloadContext
from pcpbench.simulator.cell import Machine, WorkloadChoice
from pcpbench.simulator.engine_config import managed_pages

if TYPE_CHECKING:
    from pcpbench.plugin.registry import Registry

# A long sweep would make the check slow; what differs only late in it fails in its cells.
MOST_TRIALS = 32


def try_workloads(
    reading: Reading, registry: Registry, points: Iterable[tuple[Point, Entry]], seed: int
) -> None:
    """Builds the streams of each different workload once, with the first replicate's seed.

    A ValueError says that its parameters are wrong; whatever else it raises is a fault of the
    workload, which fails its cells and nobody else's.
    ``points``: each with the checked tree that it came from. Nothing is built while there are
    problems: what is wrong already would be told twice.
    """
    if reading.problems:
        return
    tried: set[tuple[WorkloadChoice, WorkloadContext]] = set()
    for choice, context, place in _all(points, seed):
        if (choice, context) in tried or len(tried) == MOST_TRIALS:
            continue
        tried.add((choice, context))
        problems = _problems(registry, choice, context, place)
        reading.problems.extend(problem for problem in problems if problem not in reading.problems)


def _all(
    points: Iterable[tuple[Point, Entry]], seed: int
) -> Iterator[tuple[WorkloadChoice, WorkloadContext, str]]:
    for point, tree in points:
        scenarios: Mapping[str, Entry] = tree.value["scenarios"].value
        for machine in point.machines.values():
            for scenario in point.scenarios:
                entries = scenarios[scenario.name].value
                for choice, entry in zip(scenario.workloads, entries, strict=True):
                    yield choice, _context(point, machine, choice, seed), entry.place


def _context(point: Point, machine: Machine, choice: WorkloadChoice, seed: int) -> WorkloadContext:
    return WorkloadContext(
        cpus=choice.cpus,
        managed_pages=managed_pages(machine),
        page_bytes=machine.page_bytes,
        housekeeping_cpus=machine.cpus - len(machine.isolated),
        seed=seed,
        time_ns=point.warm_up_ns + point.time_ns,
    )


def _problems(
    registry: Registry, choice: WorkloadChoice, context: WorkloadContext, place: str
) -> list[Problem]:
    try:
        parameters: dict[str, Any] = dict(choice.parameters)
        # Streams may be made while they are asked for.
        list(registry.workloads[choice.kind](**parameters).streams(context))
    except InputError as error:
        whole = [p if p.place is None else Problem(str(p)) for p in error.problems]
        return [Problem(p.thing, place, p.remedy) for p in whole]
    except ValueError as error:
        thing = f"workload '{choice.kind}' {raised(error, caller=(__file__,))}"
        return [Problem(thing, place, "correct its parameters, or the workload")]
    except Exception:
        return []  # a fault of the plugin: its cells tell of it, and the others go on
    return []
