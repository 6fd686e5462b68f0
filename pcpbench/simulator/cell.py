"""Names one cell of an experiment, the unit that is simulated, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pcpbench.metrics.histogram import Histogram
from pcpbench.simulator.interruptions import Interruptions

Value = str | int | float | bool | None
Pairs = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine of a cell. ``isolated``: CPU numbers; the other CPUs are housekeeping.

    ``nohz_full``, ``isolcpus``, ``rcu_normal``: boot parameters, the first two for the isolated
    CPUs. ``page_bytes``: 4096, 16384 or 65536. ``pcp_high_fraction``: the sysctl
    vm.percpu_pagelist_high_fraction, 0 for lists sized by the low watermark. ``pcp_batch_pages``:
    pages that a list moves at a time, 0 for what the kernel computes from the memory.
    ``nodes``: memory and CPUs lie in equal parts on so many nodes, CPUs in runs.
    ``runnable``: fair tasks that want each CPU that is not isolated at any time, the workload's
    included. ``fifo_load``: share of each such CPU that jobs of FIFO tasks take; ``fifo_run_ns``:
    how long such a job runs in the mean.
    """

    cpus: int
    isolated: tuple[int, ...]
    nohz_full: bool
    isolcpus: bool
    rcu_normal: bool
    memory_bytes: int
    page_bytes: int
    pcp_high_fraction: int = 0
    pcp_batch_pages: int = 0
    nodes: int = 1
    runnable: int = 1
    fifo_load: float = 0.0
    fifo_run_ns: int = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadChoice:
    """One workload of a scenario: its kind, the CPUs it drives, validated parameters."""

    kind: str
    cpus: tuple[int, ...]
    parameters: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyChoice:
    """A strategy and its parameters. ``label`` is what reports show; unique in an experiment."""

    name: str
    label: str
    parameters: Pairs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Everything that determines a simulation; frozen, hashable, made of plain values.

    ``sweep``: (path, value) of each swept key, for grouping; already applied to the rest.
    ``drains_per_s``: open-loop drain requests beside those that pressure causes. ``study``: what
    the cell is for; "" for the cells that answer the question. ``cost_ends``: (group of cost keys,
    "low" or "high"): numbers of the profile that are taken at that end of their range.
    ``cost_places``: (cost key, place in its range): single numbers that are taken elsewhere, see
    ``pcpbench.hardware.profile.Cost.at``.
    """

    hardware: str
    kernel: str
    machine: Machine
    scenario: str
    workloads: tuple[WorkloadChoice, ...]
    strategy: StrategyChoice
    sweep: Pairs = ()
    seed: int
    warm_up_ns: int
    time_ns: int
    drains_per_s: float = 0.0
    study: str = ""
    cost_ends: tuple[tuple[str, str], ...] = ()
    cost_places: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """What one cell gave.

    ``status``: "ok" or "failed" (then ``error`` says why and the rest is empty). ``metrics``:
    every declared metric by name, None where it does not exist, with the reason in
    ``null_reasons``. ``counters``, ``histograms``: the raw measurements they were made from.
    ``interruptions``: of the isolated CPUs, as many as a run file may keep. ``page_ops``:
    allocation and free calls; ``pages_moved``: their pages. ``wall_ns``: time the simulation took,
    outside the promise of equal bytes.
    """

    cell: Cell
    status: str
    error: str | None = None
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)
    null_reasons: Mapping[str, str] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)
    histograms: Mapping[str, Histogram] = field(default_factory=dict)
    interruptions: Interruptions = field(default_factory=Interruptions)
    page_ops: int = 0
    pages_moved: int = 0
    simulated_ns: int = 0
    wall_ns: int | None = None


def as_json(cell: Cell) -> dict[str, Any]:
    """The cell as plain JSON values, in a fixed order of keys."""
    from dataclasses import asdict

    return asdict(cell)
