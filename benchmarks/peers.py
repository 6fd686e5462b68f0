"""Compares pcpbench with general simulators on a model that each can express (peers/README.md).

    python -m benchmarks.peers [--json] [--rounds N]

Every peer must end the common model at the same simulated time, or its figure does not count.
Figures are operations per second of CPU time; pcpbench does page-accurate work for each.
"""

from __future__ import annotations

import argparse
import array
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from tabulate import tabulate

from benchmarks.compiled import compiled
from pcpbench import _native
from pcpbench.hardware.profile import load_profile
from pcpbench.kernels.preset import load_preset
from pcpbench.plugin.registry import load_registry
from pcpbench.plugin.workload import ALLOC, FREE, PAUSE
from pcpbench.simulator.cell import Cell, Machine, StrategyChoice
from pcpbench.simulator.engine_config import engine_config

OURS = "pcpbench"
PEERS = Path(__file__).parent / "peers"
sys.path.insert(0, str(PEERS))

from common import (  # noqa: E402
    CPUS,
    END_NS_AFTER_20_ROUNDS,
    HOLD_NS,
    LOCAL_OPERATIONS,
    gaps_ns,
)

BLOCK_ORDER = 4  # no pcp list holds it: each block goes through the zone lock
# The lists are filled before the model begins: CPU by CPU, BATCH_PAGES blocks of HOLD_NS each.
BATCH_PAGES = 63
FILL_NS = BATCH_PAGES * HOLD_NS
BEGIN_NS = 2 * CPUS * FILL_NS
FOREVER_NS = 4_000_000_000


def native_config(time_ns: int) -> dict[str, Any]:
    """64 CPUs on which nothing costs time but work under the zone lock."""
    registry = load_registry()
    cell = Cell(
        hardware="epyc-7742",
        kernel="v5.15",
        machine=Machine(
            cpus=CPUS,
            isolated=(),
            nohz_full=False,
            isolcpus=False,
            rcu_normal=False,
            memory_bytes=1 << 30,
            page_bytes=4096,
        ),
        scenario="peers",
        workloads=(),
        strategy=StrategyChoice(name="workqueue", label="workqueue"),
        seed=1,
        warm_up_ns=0,
        time_ns=time_ns,
    )
    config = engine_config(
        cell,
        load_profile(registry.hardware["epyc-7742"]),
        load_preset(registry.kernels["v5.15"]),
        registry.strategies["workqueue"](),
    )
    costs = dict.fromkeys(config["machine"]["costs_ps"], 0)
    costs["refill_page"] = costs["flush_page"] = HOLD_NS * 1000
    config["machine"]["costs_ps"] = costs
    config["machine"]["hz"] = 24
    if config["memory"]["pcp_batch_pages"] != BATCH_PAGES:
        raise SystemExit(f"the batch is not {BATCH_PAGES} pages")
    return config


def operations(cpu: int, rounds: int) -> Iterator[tuple[int, int, int, int]]:
    """(operation, order, slot, gap in ns): pages taken and given back, a block at each round's
    end."""
    yield ALLOC, 0, 0, 0
    yield FREE, 0, 0, 0
    yield PAUSE, 0, 0, BEGIN_NS - (cpu + 1) * FILL_NS
    gaps = gaps_ns(cpu)
    page = block = False
    for _ in range(rounds):
        for gap in islice(gaps, LOCAL_OPERATIONS):
            yield FREE if page else ALLOC, 0, 0, gap
            page = not page
        yield FREE if block else ALLOC, BLOCK_ORDER, 1, 0
        block = not block
    yield PAUSE, 0, 0, FOREVER_NS


def simulate(rounds: int, time_ns: int) -> tuple[int, int, float]:
    """(page calls, ended lock holds, seconds of CPU time) of pcpbench on the common model."""
    simulation = _native.Simulation(native_config(time_ns))
    for cpu in range(CPUS):
        op, order, slot, gap = zip(*operations(cpu, rounds), strict=True)
        table = {
            "op": array.array("B", op),
            "order": array.array("B", order),
            "migratetype": array.array("B", [1] * len(op)),
            "slot": array.array("I", slot),
            "gap_ns": array.array("I", gap),
            "start": 0,
            "preload": [],
        }
        simulation.add_table_stream(cpu, table, _native.Slots(2), False)
    began = time.process_time()
    if simulation.run() is not None:
        raise SystemExit("the common model has no drains")
    seconds = time.process_time() - began
    counters = simulation.counters()
    holds = simulation.histograms()["zone_lock.hold"]["count"]
    return counters["alloc_calls"] + counters["free_calls"], holds, seconds


def ends_with_the_peers() -> bool:
    """Whether the last of 20 rounds ends at the common time, to the nanosecond."""
    every = CPUS * (1 + 20)  # the lists were filled, too
    _, before, _ = simulate(20, BEGIN_NS + END_NS_AFTER_20_ROUNDS)
    _, after, _ = simulate(20, BEGIN_NS + END_NS_AFTER_20_ROUNDS + 1)
    return before == every - 1 and after == every


def pcpbench(rounds: int) -> dict[str, Any]:
    long_enough_ns = BEGIN_NS + (rounds + 20) * 100 * CPUS * HOLD_NS // 90
    calls, _, seconds = simulate(rounds, long_enough_ns)
    good = calls == CPUS * (rounds * (LOCAL_OPERATIONS + 1) + 2) and ends_with_the_peers()
    return row(OURS, calls, seconds, good)


def peer(name: str, command: Sequence[str], rounds: int) -> dict[str, Any] | None:
    """The row of a peer that is a program; None if it is not installed."""
    outcomes = []
    for each in (20, rounds):
        done = subprocess.run([*command, str(each)], capture_output=True, text=True, cwd=PEERS)
        if done.returncode != 0:
            print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return None
        outcomes.append(json.loads(done.stdout))
    short, long = outcomes
    good = short["end_ns"] == END_NS_AFTER_20_ROUNDS
    return row(name, long["operations"], long["seconds"], good)


def row(name: str, count: int, seconds: float, good: bool) -> dict[str, Any]:
    return {
        "peer": name,
        "million_per_s": count / seconds / 1e6 if good else None,
        "ends_as_it_must": good,
    }


def bare_queue(folder: Path, rounds: int) -> dict[str, Any] | None:
    program = compiled(PEERS / "bare_queue.cpp", folder)
    return None if program is None else peer("C++ priority queue", [str(program)], rounds)


def measure(*, rounds: int, repeat: int = 1) -> list[dict[str, Any]]:
    """A row for each peer that is installed, pcpbench last; each is the best of its runs."""
    python = [sys.executable]
    with tempfile.TemporaryDirectory() as folder:
        runs: list[Callable[[], dict[str, Any] | None]] = [
            lambda: peer("SimPy", [*python, "simpy_model.py"], max(20, rounds // 10)),
            lambda: peer("salabim", [*python, "salabim_model.py"], max(20, rounds // 20)),
            lambda: peer("heapq loop", [*python, "heapq_loop.py"], max(20, rounds // 5)),
            lambda: bare_queue(Path(folder), rounds),
            lambda: pcpbench(rounds),
        ]
        found = [best for run in runs if (best := _best(run, repeat)) is not None]
    ours = found[-1]["million_per_s"]
    for each in found:
        theirs = each["million_per_s"]
        each["pcpbench_is_faster"] = ours / theirs if ours and theirs else None
    return found


def _best(run: Callable[[], dict[str, Any] | None], repeat: int) -> dict[str, Any] | None:
    first = run()
    if first is None:
        return None
    more = [again for _ in range(repeat - 1) if (again := run()) is not None]
    return max([first, *more], key=lambda each: each["million_per_s"] or 0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=2000, metavar="N", help="rounds of each CPU")
    options = parser.parse_args(arguments)
    found = measure(rounds=max(20, options.rounds))
    if options.json:
        print(json.dumps(found, indent=2))
        return 0
    heads = {
        "peer": "peer",
        "million_per_s": "M operations/s",
        "ends_as_it_must": "same end",
        "pcpbench_is_faster": "pcpbench is faster by",
    }
    print(tabulate(found, headers=heads, floatfmt=".2f", missingval="-"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
