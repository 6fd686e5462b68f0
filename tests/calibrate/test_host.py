"""What machine this is, read from trees as /sys shows them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pcpbench.calibrate.host import read_host
from pcpbench.calibrate.probes import pairs_of, quiet_cpu
from pcpbench.errors import EnvironmentFailed


def write(path: Path, text: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two sockets of four cores in clusters of two, two threads a core: CPUs 0-15."""
    cpus = tmp_path / "sys/devices/system/cpu"
    write(cpus / "online", "0-15")
    for cpu in range(16):
        core = cpu % 8
        first = core // 2 * 2
        place = cpus / f"cpu{cpu}"
        write(place / "topology/physical_package_id", core // 4)
        write(place / "topology/thread_siblings_list", f"{core},{core + 8}")
        for index, (level, kind, size, shared) in enumerate(
            [
                (1, "Data", "48K", f"{core},{core + 8}"),
                (1, "Instruction", "64K", f"{core},{core + 8}"),
                (2, "Unified", "1024K", f"{core},{core + 8}"),
                (3, "Unified", "8192K", f"{first}-{first + 1},{first + 8}-{first + 9}"),
            ]
        ):
            cache = place / f"cache/index{index}"
            write(cache / "level", level)
            write(cache / "type", kind)
            write(cache / "size", size)
            write(cache / "shared_cpu_list", shared)
    write(tmp_path / "proc/cpuinfo", "model name\t: A CPU @ 2 GHz\nflags\t\t: fpu hypervisor sse")
    write(tmp_path / "proc/meminfo", "MemTotal: 9 kB\nMemAvailable:    2048 kB")
    return tmp_path


@pytest.fixture(autouse=True)
def every_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))


def test_the_topology_is_that_of_the_tree(root: Path) -> None:
    host = read_host(root)
    shape = host.topology
    assert (shape.sockets, shape.cores_per_socket, shape.cores_per_cluster, shape.smt) == (
        2,
        4,
        2,
        2,
    )
    assert host.cache_bytes == {1: 48 << 10, 2: 1 << 20, 3: 8 << 20}
    assert host.processor == "A CPU @ 2 GHz"
    assert host.guest
    assert host.memory_bytes == 2 << 20


def test_cpus_are_as_far_as_the_tree_says(root: Path) -> None:
    zero, one, two, four, eight = (read_host(root).cpus[i] for i in (0, 1, 2, 4, 8))
    assert zero.relation(eight) == "smt"
    assert zero.relation(one) == "cluster"
    assert zero.relation(two) == "socket"
    assert zero.relation(four) == "remote"


def test_pairs_are_a_few_of_each_distance(root: Path) -> None:
    pairs = pairs_of(read_host(root))
    assert set(pairs) == {"smt", "cluster", "socket", "remote"}
    for relation, found in pairs.items():
        assert 1 <= len(found) <= 6
        assert all(one.relation(two) == relation for one, two in found)
    assert len({one.number for one, _ in pairs["remote"]}) > 1


def test_only_the_cpus_that_may_be_used_are_measured(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3})
    host = read_host(root)
    assert [cpu.number for cpu in host.cpus] == [0, 3]
    assert quiet_cpu(host).number == 3
    assert host.topology.cpus == 16


def test_a_machine_that_tells_nothing_of_itself_is_two_plain_cpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    host = read_host(tmp_path)
    assert (host.topology.sockets, host.topology.cores_per_socket, host.topology.smt) == (1, 2, 1)
    assert host.cpus[0].relation(host.cpus[1]) == "socket"
    assert not host.guest


def test_a_single_cpu_is_too_few(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {5})
    with pytest.raises(EnvironmentFailed, match=r"only CPU 5 may be used.*allow another"):
        read_host(root)


def test_clusters_that_do_not_divide_the_cores_are_left_out(root: Path) -> None:
    for cpu in (0, 8):
        cache = root / f"sys/devices/system/cpu/cpu{cpu}/cache/index3/shared_cpu_list"
        cache.write_text("0-2,8-10\n")
    assert read_host(root).topology.cores_per_cluster == 1
