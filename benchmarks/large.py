"""Measures memory and set-up time (of one core) of a machine of 1 TiB, 512 CPUs and 8 nodes.

Run as a program it simulates a moment of that machine and prints what it took, as JSON; the
process is new, so that what it took at most is that of the machine. Page frames are resident only
once they are touched: ``memory_gib`` is what all of them would be, ``resident_gib`` what was.
"""

from __future__ import annotations

import dataclasses
import json
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks.engine import address_space_bytes, cell
from pcpbench.plugin.registry import load_registry
from pcpbench.simulator.run import run_cell

TIB = 1 << 40
CPUS = 512
NODES = 8
HARDWARE = "epyc-9754"  # two sockets, 512 CPUs


def simulate_a_moment() -> dict[str, float]:
    """Sets up the machine, with a task on each CPU, and runs it for a microsecond."""
    one = cell(cpus=CPUS, isolated=0, kind="repeat", time_ns=1_000, memory_bytes=TIB)
    machine = dataclasses.replace(one.machine, nodes=NODES)
    one = dataclasses.replace(one, hardware=HARDWARE, machine=machine)
    registry = load_registry()
    # Reading the profile and the preset is not setting up the machine.
    run_cell(dataclasses.replace(one, machine=_small(machine)), registry)
    began = time.process_time()
    result = run_cell(one, registry)
    if result.status != "ok":
        raise SystemExit(f"the cell failed: {result.error}")
    return {
        "set_up_s": time.process_time() - began,
        "memory_gib": address_space_bytes() / (1 << 30),
        "resident_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20),
    }


def _small(machine: Any) -> Any:
    return dataclasses.replace(machine, memory_bytes=8 << 30)


def measure() -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.large"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the large machine failed: {done.stderr.strip()}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    print(json.dumps(simulate_a_moment()))
