"""Measures how fast the engine is: simulated page calls per second of CPU time, on one core.

    python -m benchmarks.engine [--json] [--repeat N]

Each case runs N times; the best is shown, and the worst beside it. All of a cell counts: setting
up, the conversation with the strategy, the metrics. `run-ahead` is the speed against one step at a
time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tabulate import tabulate

from pcpbench.plugin.registry import Registry, load_registry
from pcpbench.simulator.cell import Cell, Machine, StrategyChoice, WorkloadChoice
from pcpbench.simulator.run import run_cell

GIB = 1 << 30


def cell(
    *,
    cpus: int,
    isolated: int,
    kind: str,
    strategy: str = "workqueue",
    time_ns: int = 1_000_000_000,
    memory_bytes: int = GIB,
    parameters: dict[str, Any] | None = None,
) -> Cell:
    """A cell of ``kind`` on all CPUs but the last ``isolated``, which poll."""
    busy = tuple(range(cpus - isolated))
    polling = tuple(range(cpus - isolated, cpus))
    workloads = [
        WorkloadChoice(kind=kind, cpus=busy, parameters=tuple(sorted((parameters or {}).items())))
    ]
    if polling:
        workloads.append(WorkloadChoice(kind="isolated-loop", cpus=polling))
    return Cell(
        hardware="epyc-7742",
        kernel="v5.15",
        machine=Machine(
            cpus=cpus,
            isolated=polling,
            nohz_full=bool(polling),
            isolcpus=bool(polling),
            rcu_normal=False,
            memory_bytes=memory_bytes,
            page_bytes=4096,
        ),
        scenario="benchmark",
        workloads=tuple(workloads),
        strategy=StrategyChoice(name=strategy, label=strategy),
        seed=1,
        warm_up_ns=0,
        time_ns=time_ns,
    )


CASES = {
    "fast path, 64 CPUs": cell(cpus=64, isolated=0, kind="repeat", time_ns=1_000_000_000),
    **{
        f"pressure with drains, 12 CPUs, {strategy}": cell(
            cpus=12,
            isolated=4,
            kind="memory-pressure",
            strategy=strategy,
            time_ns=4_000_000_000,
        )
        for strategy in ("workqueue", "rcu-swap", "spinlock-trylock")
    },
    "zone lock, 64 CPUs fight for it": cell(
        cpus=64, isolated=0, kind="repeat", strategy="no-pcp", time_ns=500_000_000
    ),
    "recorded, 12 CPUs, workqueue": cell(
        cpus=12, isolated=4, kind="trace", parameters={"case": "recordings/linux-5.10-pressure"}
    ),
}


def million_calls_per_s(registry: Registry, one: Cell, *, one_step: bool) -> float:
    """Simulated page calls per second of this process's CPU time, in millions."""
    began = time.process_time_ns()
    result = run_cell(one, registry, one_step=one_step)
    if result.status != "ok":
        raise SystemExit(f"the cell failed: {result.error}")
    return result.page_ops * 1000 / (time.process_time_ns() - began)


def measure(registry: Registry, name: str, repeat: int) -> dict[str, Any]:
    """One row: the best and the worst of ``repeat`` runs, and of one step at a time."""
    one = CASES[name]
    ahead = [million_calls_per_s(registry, one, one_step=False) for _ in range(repeat)]
    steps = [million_calls_per_s(registry, one, one_step=True) for _ in range(repeat)]
    return {
        "case": name,
        "million_calls_per_s": max(ahead),
        "worst": min(ahead),
        "one_step": max(steps),
        "run_ahead_ratio": max(ahead) / max(steps),
    }


def address_space_bytes() -> int:
    """What this process took at most: its resident set, were every page frame touched."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmPeak:")) * 1024


def machine_bytes(memory_gib: int) -> int:
    """Address space of a process that simulates a machine of this memory for 1 ms."""
    small = cell(cpus=2, isolated=0, kind="repeat", time_ns=1_000_000)
    machine = dataclasses.replace(small.machine, memory_bytes=memory_gib * GIB)
    run_cell(dataclasses.replace(small, machine=machine), load_registry())
    return address_space_bytes()


def bytes_per_frame() -> float:
    """What a simulated page frame adds to the process, from machines of 2 and 18 GiB."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        small, large = pool.map(machine_bytes, [2, 18], chunksize=1)
    return (large - small) / (16 * GIB / 4096)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each case")
    options = parser.parse_args(arguments)
    registry = load_registry()
    rows = [measure(registry, name, max(1, options.repeat)) for name in CASES]
    frame_bytes = bytes_per_frame()
    if options.json:
        print(json.dumps({"cases": rows, "bytes_per_frame": frame_bytes}, indent=2))
        return 0
    heads = {
        "case": "case",
        "million_calls_per_s": "M calls/s",
        "worst": "worst",
        "one_step": "one step",
        "run_ahead_ratio": "run-ahead",
    }
    print(tabulate(rows, headers=heads, floatfmt=".2f"))
    print(f"\n{frame_bytes:.1f} bytes a simulated page frame")
    return 0


if __name__ == "__main__":
    sys.exit(main())
