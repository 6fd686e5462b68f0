"""A calibration with known numbers, as if it had been measured."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pcpbench.calibrate.estimate import Estimate
from pcpbench.calibrate.host import Host, HostCpu
from pcpbench.calibrate.list_loop import Added, ListLoopResult
from pcpbench.calibrate.measuring import Calibration, Measured
from pcpbench.hardware.builtin import pcpbench_hardware
from pcpbench.hardware.profile import HardwareProfile, Topology, load_profile

NUMBERS = {
    "cycle": 0.25,
    "l1_load": 1.0,
    "l2_load": 4.0,
    "dram_local": 100.0,
    "atomic_rmw": 5.0,
    "spin_lock_pair": 9.0,
    "line_transfer_cluster": 30.0,
    "kernel_entry_exit": 100.0,
    "task_wake": 5000.0,
    "hand_off_same_cpu": 1200.0,
    "page_fault": 500.0,
    "call_without_target": 400.0,
    "call_with_target": 2400.0,
    "call_lost_by_target": 1500.0,
}


def estimate(value_ns: float) -> Estimate:
    return Estimate(value_ns=value_ns, low_ns=0.9 * value_ns, high_ns=1.1 * value_ns, samples=7)


def added(value_ns: float) -> Added:
    return Added(
        estimate=estimate(value_ns), low_place_ns=0.5 * value_ns, high_place_ns=2 * value_ns
    )


def list_loop(bare_ns: float, load_ns: float, lock_ns: float) -> ListLoopResult:
    return ListLoopResult(
        bare=estimate(bare_ns), dependent_load=added(load_ns), trylock_pair=added(lock_ns)
    )


def host_cpu(number: int) -> HostCpu:
    return HostCpu(
        number=number, package=0, siblings=frozenset({number}), cluster=frozenset({0, 1})
    )


@pytest.fixture
def host() -> Host:
    return Host(
        name="bench-7",
        processor='Some "Fast" CPU: 8',
        arch="x86_64",
        kernel="6.1.0",
        guest=True,
        page_bytes=4096,
        memory_bytes=1 << 30,
        cpus=(host_cpu(0), host_cpu(1)),
        topology=Topology(sockets=1, cores_per_socket=2, cores_per_cluster=2, smt=1),
        cache_bytes={1: 32 << 10, 2: 512 << 10, 3: 16 << 20},
    )


@pytest.fixture
def calibration(host: Host) -> Callable[..., Calibration]:
    """Makes one; without the numbers named. ``loads_ns``: what a load adds in the two modes."""

    def make(
        *without: str, loads_ns: tuple[float, float] = (0.1, 1.0), **changed: float
    ) -> Calibration:
        numbers = {k: v for k, v in (NUMBERS | changed).items() if k not in without}
        return Calibration(
            host=host,
            when=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
            rounds=7,
            numbers={
                name: Measured(estimate=estimate(ns), how=f"how {name} is done")
                for name, ns in numbers.items()
            },
            list_loop={
                "overlapped": list_loop(2.0, loads_ns[0], 1.0),
                "serialised": list_loop(8.0, loads_ns[1], 3.0),
            },
            missing=dict.fromkeys(without, "it is not there"),
        )

    return make


@pytest.fixture(scope="session")
def profiles() -> dict[str, HardwareProfile]:
    return {path.stem: load_profile(path) for path in pcpbench_hardware()}
