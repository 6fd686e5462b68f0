"""Decides what a simulated machine may be: its CPUs, which are isolated, its memory and pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pcpbench.experiment import values
from pcpbench.experiment.cpu_list import LARGEST_CPU, REMEDY, parse_cpu_list, write_cpu_list
from pcpbench.experiment.units import UNITS
from pcpbench.hardware.profile import PAGE_SIZES_BYTES, HardwareProfile
from pcpbench.kernels.preset import KernelPreset
from pcpbench.placed_yaml import Entry, Reading
from pcpbench.simulator.cell import Machine
from pcpbench.simulator.engine_config import zone_pages, zone_sizes_pages

FLAGS = ("nohz_full", "isolcpus", "rcu_normal")
TUNING = ("pcp_high_fraction", "pcp_batch")
COMPETITION = ("runnable", "fifo_load", "fifo_run")
KEYS = ("cpus", "isolated", *FLAGS, "memory", "page_size", "nodes", *TUNING, *COMPETITION)
# Source: mm/page_alloc.c:MIN_PERCPU_PAGELIST_HIGH_FRACTION, v5.15; 0 stands for no fraction.
LEAST_HIGH_FRACTION = 8
LARGEST_HIGH_FRACTION = 1 << 20
LARGEST_BATCH_PAGES = 4096
DEFAULT_CPUS = 8
DEFAULT_MEMORY_BYTES = 1 << 30
LEAST_MEMORY_BYTES = 1 << 20
LARGEST_MEMORY_BYTES = 8 << 40
MOST_NODES = 64
MOST_RUNNABLE = 256
# Above it RT throttling, which these jobs do not meet in the model, would matter.
MOST_FIFO_LOAD = 0.9
LONGEST_FIFO_RUN_NS = 1_000_000_000
# Watermarks and full lists may take this share of memory: the rest is what workloads use.
MOST_RESERVED = 0.5


def machines(
    reading: Reading,
    entry: Entry,
    profiles: Mapping[str, HardwareProfile],
    presets: Mapping[str, KernelPreset],
) -> dict[str, Machine]:
    """The machine on each hardware; empty after a complaint that leaves none.

    They differ only in the size of a page, which is the profile's unless the experiment says.
    """
    before = len(reading.problems)
    parts = reading.mapping(entry, "'machine'", (), KEYS)
    said = _plain_values(reading, parts)
    if len(reading.problems) == before:
        _check_cpus(reading, said, parts, entry)
    if len(reading.problems) > before:
        return {}  # what follows would only repeat it
    _check_topology(reading, said["cpus"], parts.get("cpus", entry), profiles)
    page_size = said.pop("page_bytes")
    made = {
        name: Machine(**said, page_bytes=page_size or profile.page_bytes)
        for name, profile in profiles.items()
    }
    place = parts.get("page_size", entry).place
    if page_size is not None:
        _check_page_of_arch(reading, page_size, place, profiles)
    for name, machine in made.items():
        _check_presets(reading, machine, name, parts, entry, presets)
    return made


def _plain_values(reading: Reading, parts: Mapping[str, Entry]) -> dict[str, Any]:
    """The keys on their own, with their defaults; None for what was complained of."""
    said: dict[str, Any] = {"cpus": DEFAULT_CPUS, "isolated": (), "page_bytes": None, "nodes": 1}
    said |= {"memory_bytes": DEFAULT_MEMORY_BYTES, **dict.fromkeys(FLAGS, False)}
    for key, part in parts.items():
        what = f"machine.{key}"
        if key == "cpus":
            said[key] = reading.whole(part, what, least=1, most=LARGEST_CPU + 1)
        elif key == "nodes":
            said[key] = reading.whole(part, what, least=1, most=MOST_NODES)
        elif key in COMPETITION:
            said |= _competition(reading, key, part)
        elif key == "isolated":
            said[key] = _isolated(reading, part)
        elif key == "memory":
            said["memory_bytes"] = values.whole_quantity(
                reading,
                part,
                what,
                UNITS["bytes"],
                least=LEAST_MEMORY_BYTES,
                most=LARGEST_MEMORY_BYTES,
            )
        elif key == "page_size":
            said["page_bytes"] = _page_size(reading, part)
        elif key == "pcp_high_fraction":
            said[key] = _high_fraction(reading, part)
        elif key == "pcp_batch":
            said["pcp_batch_pages"] = reading.whole(part, what, least=1, most=LARGEST_BATCH_PAGES)
        else:
            said[key] = values.flag(reading, part, what)
    return said


def _competition(reading: Reading, key: str, entry: Entry) -> dict[str, Any]:
    """What else wants the CPUs that are not isolated."""
    what = f"machine.{key}"
    if key == "runnable":
        return {key: reading.whole(entry, what, least=1, most=MOST_RUNNABLE)}
    if key == "fifo_load":
        share = UNITS["fraction"]
        load = values.quantity(reading, entry, what, share, least=0, most=MOST_FIFO_LOAD)
        return {key: None if load is None else float(load)}
    longest = LONGEST_FIFO_RUN_NS
    run_ns = values.whole_quantity(reading, entry, what, UNITS["ns"], least=1000, most=longest)
    return {"fifo_run_ns": run_ns}


def _isolated(reading: Reading, entry: Entry) -> tuple[int, ...] | None:
    try:
        return parse_cpu_list(entry.value)
    except ValueError as error:
        remedy = f"{REMEDY}, or 'none'"
        reading.complain(f"machine.isolated {error}", entry.place, remedy)
        return None


def _page_size(reading: Reading, entry: Entry) -> int | None:
    size = values.whole_quantity(
        reading, entry, "machine.page_size", UNITS["bytes"], least=1, most=LARGEST_MEMORY_BYTES
    )
    if size is None or size in PAGE_SIZES_BYTES:
        return size
    choices = ", ".join(UNITS["bytes"].write(choice) for choice in PAGE_SIZES_BYTES)
    thing = f"machine.page_size is {entry.value}"
    reading.complain(thing, entry.place, f"choose one of {choices}")
    return None


def _high_fraction(reading: Reading, entry: Entry) -> int | None:
    fraction = reading.whole(
        entry, "machine.pcp_high_fraction", least=0, most=LARGEST_HIGH_FRACTION
    )
    if fraction is not None and 0 < fraction < LEAST_HIGH_FRACTION:
        thing = f"machine.pcp_high_fraction is {fraction}"
        reading.complain(thing, entry.place, f"write 0 or at least {LEAST_HIGH_FRACTION}")
    return fraction


def _check_cpus(
    reading: Reading, said: Mapping[str, Any], parts: Mapping[str, Entry], section: Entry
) -> None:
    cpus, isolated = said["cpus"], said["isolated"]
    place = parts.get("isolated", section).place
    if said["nodes"] > cpus:
        thing = f"{said['nodes']} nodes are more than the {cpus} CPUs"
        remedy = "every node has a CPU"
        reading.complain(thing, parts.get("nodes", section).place, remedy)
    absent = [cpu for cpu in isolated if cpu >= cpus]
    if absent:
        thing = f"there is no CPU {write_cpu_list(absent)} to isolate"
        reading.complain(thing, place, f"the machine has CPUs 0-{cpus - 1} (machine.cpus)")
    elif len(isolated) == cpus:
        remedy = "leave at least one for the rest of the work"
        reading.complain("every CPU is isolated", place, remedy)
    elif 0 in isolated and said["nohz_full"]:
        remedy = "isolate others: the boot CPU keeps the time, so its tick cannot stop"
        reading.complain("CPU 0 cannot be nohz_full", place, remedy)
    for flag in ("nohz_full", "isolcpus"):
        if said[flag] and "isolated" not in parts:
            remedy = "name CPUs under machine.isolated, or write 'isolated: none'"
            thing = f"machine.{flag} has no CPU to apply to"
            reading.complain(thing, parts[flag].place, remedy)


def _check_topology(
    reading: Reading, cpus: int, entry: Entry, profiles: Mapping[str, HardwareProfile]
) -> None:
    for name, profile in profiles.items():
        most = profile.topology.cpus
        if cpus > most:
            thing = f"{cpus} CPUs are more than '{name}' has"
            reading.complain(thing, entry.place, f"write at most {most}, or choose other hardware")


def _check_page_of_arch(
    reading: Reading, page_bytes: int, place: str, profiles: Mapping[str, HardwareProfile]
) -> None:
    for name, profile in profiles.items():
        allowed = profile.page_sizes_bytes
        if page_bytes not in allowed:
            size = UNITS["bytes"].write(page_bytes)
            sizes = ", ".join(UNITS["bytes"].write(choice) for choice in allowed)
            thing = f"'{name}' ({profile.arch}) has no pages of {size}"
            reading.complain(thing, place, f"choose from {sizes}")


def _check_presets(
    reading: Reading,
    machine: Machine,
    hardware: str,
    parts: Mapping[str, Entry],
    section: Entry,
    presets: Mapping[str, KernelPreset],
) -> None:
    for kernel, preset in presets.items():
        if machine.pcp_high_fraction and preset.word("pcp_high") == "six_batches":
            thing = f"kernel '{kernel}' has no vm.percpu_pagelist_high_fraction"
            reading.complain(thing, parts["pcp_high_fraction"].place, "leave it out, or v5.15 on")
        size = UNITS["bytes"].write(machine.page_bytes)
        if machine.page_bytes not in preset.page_sizes_bytes:
            sizes = ", ".join(UNITS["bytes"].write(each) for each in preset.page_sizes_bytes)
            thing = f"kernel '{kernel}' has no pages of {size} (on '{hardware}')"
            reading.complain(thing, parts.get("page_size", section).place, f"it has {sizes}")
        elif not _is_enough(machine, preset):
            least = UNITS["bytes"].write(_least_memory_bytes(machine, preset))
            thing = (
                f"{UNITS['bytes'].write(machine.memory_bytes)} of memory leave too little beside "
                f"the watermarks of '{kernel}' and the lists of {machine.cpus} CPUs "
                f"(pages of {size})"
            )
            place = parts.get("memory", parts.get("cpus", section)).place
            reading.complain(thing, place, f"write at least {least}")


def _is_enough(machine: Machine, preset: KernelPreset) -> bool:
    """Whether the high watermark, full lists and a block of the largest order fit into half of a
    zone."""
    sizes = zone_sizes_pages(machine, preset)
    lists = machine.cpus * sizes["pcp_high_pages"]
    block = 1 << preset.at_page_size("max_order", machine.page_bytes)
    reserved = max(sizes["watermarks_pages"][2] + lists, block)
    return bool(reserved <= zone_pages(machine) * MOST_RESERVED)


def _least_memory_bytes(machine: Machine, preset: KernelPreset) -> int:
    """The first size of 1, 2, 3, 4, 6, 8, 12, ... MiB that is enough."""
    from dataclasses import replace

    size = LEAST_MEMORY_BYTES
    while size < LARGEST_MEMORY_BYTES:
        for candidate in (size, size + size // 2):
            if _is_enough(replace(machine, memory_bytes=candidate), preset):
                return candidate
        size *= 2
    return LARGEST_MEMORY_BYTES
