"""Decides what machine this is: its CPUs, how they are arranged, its caches and its kernel."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pcpbench.errors import EnvironmentFailed
from pcpbench.hardware.profile import Topology

Relation = Literal["smt", "cluster", "socket", "remote"]
ARCHS = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
DEFAULT_CACHE_BYTES = {1: 32 << 10, 2: 512 << 10, 3: 32 << 20}


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCpu:
    """A CPU. ``siblings``: threads of its core; ``cluster``: CPUs that share its last cache."""

    number: int
    package: int
    siblings: frozenset[int]
    cluster: frozenset[int]

    def relation(self, other: HostCpu) -> Relation:
        """How far the other one is."""
        if other.number in self.siblings:
            return "smt"
        if other.number in self.cluster:
            return "cluster"
        return "socket" if other.package == self.package else "remote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine. ``cpus``: those the process may use; ``cache_bytes``: by level."""

    name: str
    processor: str
    arch: str
    kernel: str
    guest: bool
    page_bytes: int
    memory_bytes: int
    cpus: tuple[HostCpu, ...]
    topology: Topology
    cache_bytes: dict[int, int]

    def __str__(self) -> str:
        guest = " (a virtual machine)" if self.guest else ""
        return f"{self.processor}{guest}, Linux {self.kernel}, {self.name}"


def read_host(root: Path = Path("/")) -> Host:
    """This machine, from /proc and /sys below ``root``. Raises EnvironmentFailed if it has fewer
    than two CPUs that the process may use, or is no Linux."""
    if not hasattr(os, "sched_getaffinity"):
        raise EnvironmentFailed("calibrate measures on Linux only; copy a profile and edit it")
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise EnvironmentFailed(
            f"only CPU {allowed[0]} may be used, and a line moves between two; allow another "
            "(taskset, cpuset), or take a machine that has more"
        )
    system = root / "sys/devices/system/cpu"
    online = _cpu_list(_text(system / "online")) or allowed
    everyone = [_cpu(system, number) for number in online]
    information = _text(root / "proc/cpuinfo")
    return Host(
        name=platform.node(),
        processor=_processor(information),
        arch=ARCHS.get(platform.machine(), platform.machine()),
        kernel=platform.release(),
        guest=" hypervisor" in information,
        page_bytes=os.sysconf("SC_PAGESIZE"),
        memory_bytes=_available_bytes(_text(root / "proc/meminfo")),
        cpus=tuple(cpu for cpu in everyone if cpu.number in allowed),
        topology=topology_of(everyone),
        cache_bytes=_caches(system / f"cpu{online[0]}/cache"),
    )


def topology_of(cpus: Sequence[HostCpu]) -> Topology:
    """The regular shape nearest to the machine's: of unequal parts the smallest counts."""
    packages: dict[int, set[frozenset[int]]] = {}
    for cpu in cpus:
        packages.setdefault(cpu.package, set()).add(cpu.siblings)
    cores = min(len(of_package) for of_package in packages.values())
    first = cpus[0]
    cluster = len({cpu.siblings for cpu in cpus if cpu.number in first.cluster})
    return Topology(
        sockets=len(packages),
        cores_per_socket=cores,
        cores_per_cluster=cluster if cluster <= cores and cores % cluster == 0 else 1,
        smt=max(len(cpu.siblings) for cpu in cpus),
    )


def _cpu(system: Path, number: int) -> HostCpu:
    place = system / f"cpu{number}"
    package = _text(place / "topology/physical_package_id").strip()
    siblings = _cpu_list(_text(place / "topology/thread_siblings_list")) or [number]
    caches = sorted(place.glob("cache/index*/level"), key=lambda level: int(_text(level) or 0))
    shared = _cpu_list(_text(caches[-1].parent / "shared_cpu_list")) if caches else []
    return HostCpu(
        number=number,
        package=int(package) if package.isdigit() else 0,
        siblings=frozenset(siblings),
        cluster=frozenset({*shared, *siblings}),
    )


def _caches(folder: Path) -> dict[int, int]:
    found = dict(DEFAULT_CACHE_BYTES)
    for index in sorted(folder.glob("index*")):
        size = re.fullmatch(r"(\d+)K", _text(index / "size").strip())
        level = _text(index / "level").strip()
        if size and level.isdigit() and _text(index / "type").strip() != "Instruction":
            found[int(level)] = int(size[1]) << 10
    return found


def _processor(information: str) -> str:
    for key in ("model name", "Hardware", "CPU part"):
        match = re.search(rf"^{key}\s*:\s*(.+)$", information, re.MULTILINE)
        if match:
            return match[1].strip() if key != "CPU part" else f"CPU part {match[1].strip()}"
    return platform.machine()


def _available_bytes(information: str) -> int:
    match = re.search(r"^MemAvailable:\s*(\d+) kB$", information, re.MULTILINE)
    return int(match[1]) << 10 if match else 1 << 30


def _cpu_list(text: str) -> list[int]:
    """Numbers of a kernel CPU list such as ``0-3,8``; empty if it is none."""
    numbers: list[int] = []
    for part in text.strip().split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        if match is None:
            return []
        numbers += range(int(match[1]), int(match[2] or match[1]) + 1)
    return numbers


def _text(path: Path) -> str:
    """A file of /proc or /sys, empty where a machine does not have it."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
