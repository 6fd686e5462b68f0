"""Machines of several nodes: whose zone serves whom, what a drain visits; pages are conserved."""

from __future__ import annotations

import dataclasses
import random

import pytest

from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.preset import load_preset
from pcpbench.simulator.engine_config import managed_pages, zone_sizes_pages
from pcpbench.simulator.run import run_cell
from pcpbench.strategies.builtin import BUILT_IN

STRATEGIES = tuple(strategy.name for strategy in BUILT_IN)
KERNELS = tuple(path.stem for path in pcpbench_kernels())


def nodes(make_cell, number, strategy="workqueue", *, cpus=4, mib=256, **changes):
    machine = {"cpus": cpus, "isolated": (cpus - 1,), "memory_bytes": mib << 20, "nodes": number}
    cell = make_cell(strategy, machine=machine, victim="isolated-loop", **changes)
    busy, victim = cell.workloads
    busy = dataclasses.replace(busy, cpus=tuple(range(cpus - 1)))
    victim = dataclasses.replace(victim, cpus=(cpus - 1,))
    return dataclasses.replace(cell, workloads=(busy, victim))


@pytest.mark.parametrize("number", range(40))
def test_random_machines_of_nodes_run_ahead_as_they_run_step_by_step(make_cell, registry, number):
    """run_cell checks every list, counter and page frame of every zone at the end of the cell."""
    draw = random.Random(number)
    cell = nodes(
        make_cell,
        draw.choice((2, 3, 4)),
        STRATEGIES[number % len(STRATEGIES)],
        cpus=draw.randint(4, 9),
        kernel=KERNELS[number % len(KERNELS)],
        busy=draw.choice(("memory-pressure", "memory-pressure", "thp", "memory-offline", "bulk")),
        warm_up_ns=0,
        time_ns=4_000_000,
        drains_per_s=draw.choice((0.0, 2_000.0)),
        seed=number,
    )
    ahead, steps = run_cell(cell, registry), run_cell(cell, registry, one_step=True)
    assert ahead.status == "ok", ahead.error
    assert ahead.counters == steps.counters
    assert ahead.histograms == steps.histograms
    assert ahead.metrics == steps.metrics


def test_memory_and_watermarks_are_shared_out_to_the_nodes(registry, make_cell):
    preset = load_preset(registry.kernels["v5.15"])
    machine = nodes(make_cell, 4, mib=4096).machine
    alone = dataclasses.replace(machine, nodes=1)
    assert managed_pages(machine) == managed_pages(alone)
    # vm.min_free_kbytes is of all memory and shared out by size (__setup_per_zone_wmarks); a
    # zone's khugepaged reserve is its own.
    least, low, _ = zone_sizes_pages(machine, preset)["watermarks_pages"]
    assert least == 4 * 512 * 11 // 4
    assert low - least == max(least // 4, managed_pages(machine) // 4 // 1000)


def test_a_strategy_pays_its_bytes_for_each_zone(make_cell, run):
    quick = {"time_ns": 2_000_000, "warm_up_ns": 0}
    one, four = (run(nodes(make_cell, n, "rcu-swap", **quick)) for n in (1, 4))
    assert four.metrics["memory.strategy_bytes"] == 4 * one.metrics["memory.strategy_bytes"]


def test_who_finds_its_node_full_takes_from_the_next(make_cell, run):
    """One CPU fills more than its node's half: no call fails before all memory is in use."""
    cell = nodes(make_cell, 2, busy="filler", mib=64, warm_up_ns=0, time_ns=25_000_000)
    only = dataclasses.replace(cell.workloads[0], cpus=(0,))
    result = run(dataclasses.replace(cell, workloads=(only,), drains_per_s=0.0))
    half = managed_pages(cell.machine) // 2
    assert result.counters["alloc_pages"] > half
    assert result.counters["alloc_failures"] == 0


def test_nodes_do_not_wait_for_each_others_zone_lock(make_cell, run):
    """Without lists every call takes the lock of its node's zone."""
    quick = {"busy": "repeat", "busy_parameters": {"rate": 3_000_000.0}, "drains_per_s": 0.0}
    quick |= {"time_ns": 3_000_000, "warm_up_ns": 0, "cpus": 9}
    one, four = (run(nodes(make_cell, n, "no-pcp", **quick)) for n in (1, 4))
    waits = [result.metrics["zone_lock.wait_ns.mean"] for result in (one, four)]
    assert waits[1] < waits[0] / 2


def test_more_nodes_than_cpus_are_refused(tmp_path):
    from pcpbench.errors import InputError
    from pcpbench.experiment.loading import load_experiment
    from pcpbench.plugin.registry import load_registry

    path = tmp_path / "e.yaml"
    path.write_text(
        "format: pcpbench/1\nname: n\nhardware: epyc-7742\nkernel: v5.15\n"
        "machine: {cpus: 4, nodes: 5}\nscenarios:\n  s: [{kind: repeat, cpus: all}]\n"
        "strategies: [workqueue, spinlock-trylock]\nbaseline: workqueue\n"
    )
    with pytest.raises(InputError, match="5 nodes are more than the 4 CPUs"):
        load_experiment(path, registry=load_registry())
