"""Decides which workloads run together, and which CPUs each of them drives."""

from __future__ import annotations

from pcpbench.experiment import choices, values
from pcpbench.experiment.choices import Checking
from pcpbench.experiment.cpu_list import REMEDY, parse_cpu_list, write_cpu_list
from pcpbench.experiment.experiment import Scenario
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.simulator.cell import Machine, WorkloadChoice


def scenarios(checking: Checking, entry: Entry, machine: Machine | None) -> tuple[Scenario, ...]:
    """The scenarios of an experiment. Without a ``machine`` (it is wrong itself) sets of CPUs are
    not checked against it."""
    reading = checking.reading
    if not isinstance(entry.value, dict) or not entry.value:
        remedy = "write name: [{kind: ..., cpus: ...}] lines"
        reading.complain("'scenarios' is not a mapping of scenarios", entry.place, remedy)
        return ()
    found = []
    for key, child in entry.value.items():
        name = values.word(reading, key, "a scenario", child.key_place or child.place)
        workloads = _workloads(checking, child, f"scenario '{key}'", machine)
        if name is not None:
            found.append(Scenario(name=name, workloads=workloads))
    return tuple(found)


def _workloads(
    checking: Checking, entry: Entry, what: str, machine: Machine | None
) -> tuple[WorkloadChoice, ...]:
    reading = checking.reading
    if not isinstance(entry.value, list) or not entry.value:
        remedy = "write a list of {kind: ..., cpus: ...}"
        reading.complain(f"{what} is not a list of workloads", entry.place, remedy)
        return ()
    driven: set[int] = set()
    found = []
    for item in entry.value:
        choice = _workload(checking, item, what, machine)
        if choice is None:
            continue
        twice = driven & set(choice.cpus)
        if twice:
            thing = f"{what} gives CPU {write_cpu_list(twice)} to two workloads"
            reading.complain(thing, item.value["cpus"].place, "a CPU runs one workload")
        driven |= set(choice.cpus)
        found.append(choice)
    return tuple(found)


def _workload(
    checking: Checking, entry: Entry, what: str, machine: Machine | None
) -> WorkloadChoice | None:
    reading, registry = checking.reading, checking.registry
    if not isinstance(entry.value, dict):
        remedy = "write {kind: memory-pressure, cpus: housekeeping}"
        reading.complain(f"a workload of {what} is not a mapping", entry.place, remedy)
        return None
    parts = entry.value
    remedies = {
        "kind": "'pcpbench list workloads' shows the kinds",
        "cpus": "say housekeeping, isolated, all or a list such as 0-3",
    }
    for key, remedy in remedies.items():
        if key not in parts:
            reading.complain(f"a workload of {what} lacks '{key}'", entry.place, remedy)
    cpus = _cpus(reading, parts["cpus"], machine) if "cpus" in parts else None
    if "kind" not in parts:
        return None
    said = parts["kind"]
    kind = choices.known(reading, registry, "workloads", said.value, said.place)
    if kind is None:
        return None
    workload = registry.workloads[kind]
    pairs = choices.parameters(checking, workload, f"workload '{kind}'", entry)
    return None if cpus is None else WorkloadChoice(kind=kind, cpus=cpus, parameters=pairs)


def _cpus(reading: Reading, entry: Entry, machine: Machine | None) -> tuple[int, ...] | None:
    if machine is not None and entry.value in ("housekeeping", "isolated", "all"):
        every = range(machine.cpus)
        groups = {
            "all": tuple(every),
            "isolated": machine.isolated,
            "housekeeping": tuple(cpu for cpu in every if cpu not in machine.isolated),
        }
        if not groups[entry.value]:
            remedy = "set machine.isolated, or give the workload other CPUs"
            reading.complain("no CPU of the machine is isolated", entry.place, remedy)
            return None
        return groups[entry.value]
    if isinstance(entry.value, str) and entry.value in ("housekeeping", "isolated", "all"):
        return None
    try:
        cpus = parse_cpu_list(entry.value)
    except ValueError as error:
        remedy = f"{REMEDY}, or housekeeping, isolated or all"
        reading.complain(f"'cpus' {error}", entry.place, remedy)
        return None
    if not cpus:
        reading.complain("the workload drives no CPU", entry.place, "give it one, or remove it")
        return None
    if machine is not None and cpus[-1] >= machine.cpus:
        absent = write_cpu_list(cpu for cpu in cpus if cpu >= machine.cpus)
        remedy = f"the machine has CPUs 0-{machine.cpus - 1} (machine.cpus)"
        reading.complain(f"there is no CPU {absent}", entry.place, remedy)
        return None
    return cpus
