"""Tests how many cells run at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pcpbench.errors import EnvironmentFailed
from pcpbench.runner import capacity
from pcpbench.simulator.cell import Cell, Machine, StrategyChoice

CELL = Cell(
    hardware="h",
    kernel="k",
    machine=Machine(
        cpus=2,
        isolated=(),
        nohz_full=False,
        isolcpus=False,
        rcu_normal=False,
        memory_bytes=1 << 40,
        page_bytes=4096,
    ),
    scenario="s",
    workloads=(),
    strategy=StrategyChoice(name="workqueue", label="workqueue"),
    seed=0,
    warm_up_ns=0,
    time_ns=1,
)
CELLS = [replace(CELL, seed=seed) for seed in range(100)]


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 CPUs, and memory for three and a half of the cells."""
    monkeypatch.setattr(capacity, "usable_cpus", lambda: 8)
    monkeypatch.setattr(capacity, "available_bytes", lambda: capacity.cell_bytes(CELL) * 7 // 2)


def test_a_tebibyte_of_small_pages_takes_four_gibibytes() -> None:
    assert capacity.cell_bytes(CELL) == (4 << 30) + capacity.PROCESS_BYTES


@pytest.mark.usefixtures("room")
def test_memory_bounds_the_workers_even_if_more_are_asked_for() -> None:
    assert capacity.workers_for(CELLS, None) == 3
    assert capacity.workers_for(CELLS, 16) == 3
    assert capacity.workers_for(CELLS, 2) == 2


@pytest.mark.usefixtures("room")
def test_cpus_bound_the_workers_unless_more_are_asked_for() -> None:
    small = [replace(c, machine=replace(c.machine, memory_bytes=1 << 20)) for c in CELLS]
    assert capacity.workers_for(small, None) == 8
    assert capacity.workers_for(small, 12) == 12
    assert capacity.workers_for(small[:2], None) == 2
    assert capacity.workers_for([], None) == 1


def test_a_cell_that_fits_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capacity, "available_bytes", lambda: 1 << 30)
    with pytest.raises(EnvironmentFailed, match=r"needs about 4\.2 GiB .* and 1\.0 GiB are free"):
        capacity.workers_for(CELLS, 1)


def test_the_smaller_of_system_and_control_group_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "meminfo": "MemTotal: 99 kB\nMemAvailable:    5000 kB\n",
        "self": "0::/batch/job\n",
        "group/batch/job/memory.max": "4000000\n",
        "group/batch/job/memory.current": "1500000\n",
        "group/batch/job/memory.stat": "anon 3\ninactive_file 250000\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(capacity, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(capacity, "CGROUP", tmp_path / "self")
    monkeypatch.setattr(capacity, "CGROUP_ROOT", tmp_path / "group")
    assert capacity.available_bytes() == 2_750_000
    (tmp_path / "group/batch/job/memory.max").write_text("max\n")
    assert capacity.available_bytes() == 5000 << 10
    monkeypatch.setattr(capacity, "MEMINFO", tmp_path / "nothing")
    assert capacity.available_bytes() is None
