"""Decides how a cell, its profile and its preset become the core's plain configuration."""

from __future__ import annotations

from typing import Any, cast

from pcpbench.hardware.cost_keys import COST_MEANINGS
from pcpbench.hardware.profile import Cost, End, HardwareProfile
from pcpbench.hardware.uncertainty import GROUPS, NUMBERS, WAKE_LATENCY, end_of
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import KernelPreset
from pcpbench.kernels.watermarks import (
    pcp_high_range_pages,
    zone_batch_pages,
    zone_watermarks,
)
from pcpbench.plugin.drain import MachineFacts
from pcpbench.plugin.strategy import ListAccess, Strategy, drain_own_lists
from pcpbench.simulator.cell import Cell, Machine

PS_PER_NS = 1000
PS_PER_US = 1_000_000
PS_PER_MS = 1_000_000_000
PS_PER_S = 1_000_000_000_000
# No simulation is this long: a limit that is never reached.
NEVER_PS = 1 << 62


def managed_pages(machine: Machine) -> int:
    """Pages of all zones: those of the machine's memory that its nodes share out evenly."""
    return zone_pages(machine) * machine.nodes


def zone_pages(machine: Machine) -> int:
    """Pages of the one zone of each node."""
    return machine.memory_bytes // machine.page_bytes // machine.nodes


def zone_sizes_pages(machine: Machine, preset: KernelPreset) -> dict[str, Any]:
    """Each zone's ``watermarks_pages`` (min, low, high), ``pcp_batch_pages``, and the limits of a
    list, ``pcp_high_min_pages`` and ``pcp_high_pages`` (equal where it does not tune itself), as
    the kernel computes them at boot with transparent huge pages enabled."""
    managed = zone_pages(machine)
    watermarks = zone_watermarks(
        managed,
        machine.page_bytes,
        zones=machine.nodes,
        huge_page_zones=machine.nodes,
        pageblock_pages=1 << preset.at_page_size("pageblock_order", machine.page_bytes),
    )
    # Runs of CPUs differ by one where the nodes do not divide them; lists are those of the longest.
    cpus = -(-machine.cpus // machine.nodes)
    least, most = pcp_high_range_pages(
        preset.word("pcp_high"),
        managed,
        machine.page_bytes,
        watermarks[1],
        cpus,
        fraction=machine.pcp_high_fraction,
        batch_pages=machine.pcp_batch_pages,
    )
    return {
        "watermarks_pages": list(watermarks),
        "pcp_batch_pages": batch_pages(machine),
        "pcp_high_min_pages": least,
        "pcp_high_pages": most,
    }


def batch_pages(machine: Machine) -> int:
    """Pages that a list moves at a time: those of the machine, or what the kernel computes."""
    computed = zone_batch_pages(zone_pages(machine), machine.page_bytes)
    return machine.pcp_batch_pages or computed


def machine_facts(machine: Machine, preset: KernelPreset) -> MachineFacts:
    """What the strategy may know of the machine and kernel of its cell."""
    return MachineFacts(
        cpus=machine.cpus,
        isolated=machine.isolated,
        nohz_full=machine.nohz_full,
        batch_pages=batch_pages(machine),
        drain_hold_batches=preset.count("drain_hold_batches", none=0) or None,
    )


def engine_config(
    cell: Cell,
    profile: HardwareProfile,
    preset: KernelPreset,
    strategy: Strategy,
    *,
    one_step: bool = False,
) -> dict[str, Any]:
    """The configuration of ``_native.Simulation``.

    ``one_step``: carry out one step at a time in global order, which defines the results; running
    ahead gives the same, faster. The preset decides the allocator's rules and the kernel's times,
    the strategy how lists are accessed and who drains them.
    """
    memory = _memory(cell.machine, preset)
    return {
        "machine": _machine(cell, profile, preset),
        "memory": memory,
        "strategy": _strategy(strategy, machine_facts(cell.machine, preset)),
        "run_ahead": not one_step,
        "rcu_normal": cell.machine.rcu_normal,
        "warm_up_ps": cell.warm_up_ns * PS_PER_NS,
        "time_ps": cell.time_ns * PS_PER_NS,
        "stat_interval_ps": preset.count("stat_interval_ms") * PS_PER_MS,
        "vmstat_skips_isolated": _vmstat_skips_isolated(cell.machine, preset),
        "drain_period_ps": round(PS_PER_S / cell.drains_per_s) if cell.drains_per_s else 0,
        # Workloads that fill memory stop where kswapd would have kept it.
        "prefill_keep_free_pages": 2 * memory["watermarks_pages"][2],
    }


def _vmstat_skips_isolated(machine: Machine, preset: KernelPreset) -> bool:
    """Whether the shepherd leaves the isolated CPUs alone (include/linux/sched/isolation.h:
    cpu_is_isolated, which from 7.2 on no longer counts nohz_full)."""
    rule = preset.rules["vmstat_skips_isolated"].value
    return (
        machine.isolcpus
        if rule == "isolcpus"
        else rule is True and (machine.isolcpus or machine.nohz_full)
    )


def cell_ends(cell: Cell) -> dict[str, End]:
    """The ends of their ranges that groups of costs take in this cell. Raises ValueError for one
    that is neither "low" nor "high" nor "value"."""
    ends: dict[str, End] = {}
    for group, end in cell.cost_ends:
        if group not in GROUPS or end not in ("low", "high", "value"):
            raise ValueError(f"the costs '{group}' have no end '{end}'")
        ends[group] = cast(End, end)
    return ends


def cell_places(cell: Cell) -> dict[str, int]:
    """The places in their ranges that single numbers take in this cell. Raises ValueError for one
    that no profile has."""
    places = dict(cell.cost_places)
    unknown = [key for key in places if key not in NUMBERS]
    if unknown:
        raise ValueError(f"no profile has the cost '{unknown[0]}'")
    return places


def _machine(cell: Cell, profile: HardwareProfile, preset: KernelPreset) -> dict[str, Any]:
    shape = profile.topology
    ends, places = cell_ends(cell), cell_places(cell)
    wakes = profile.wake_latency_busy.values()

    def cost_ps(key: str, cost: Cost) -> int:
        return cost.at(places[key]) if key in places else cost.ps(end_of(key, ends))

    runtime_us = preset.count("rt_runtime_us", none=-1)
    server_us = preset.count("fair_server_wait_us", none=-1)
    return {
        "costs_ps": {key: cost_ps(key, profile.costs[key]) for key in COST_MEANINGS},
        "wake_latency_busy_ps": [cost_ps(WAKE_LATENCY, cost) for cost in wakes],
        "topology": {
            "sockets": shape.sockets,
            "cores_per_socket": shape.cores_per_socket,
            "cores_per_cluster": shape.cores_per_cluster,
            "smt": shape.smt,
            "last_level_cache_kib": shape.cache_kib,
        },
        "isolated": list(cell.machine.isolated),
        "cpus": cell.machine.cpus,
        "nohz_full": cell.machine.nohz_full,
        "hz": preset.count("hz"),
        "rt_period_ps": (NEVER_PS if runtime_us < 0 else preset.count("rt_period_us") * PS_PER_US),
        "rt_runtime_ps": NEVER_PS if runtime_us < 0 else runtime_us * PS_PER_US,
        "fair_server_wait_ps": NEVER_PS if server_us < 0 else server_us * PS_PER_US,
        "runnable": cell.machine.runnable,
        "fifo_load_2_16": round(cell.machine.fifo_load * (1 << 16)),
        "fifo_run_ps": cell.machine.fifo_run_ns * PS_PER_NS,
        "eevdf": preset.word("fair_class") == "eevdf",
        "seed": cell.seed,
    }


def _memory(machine: Machine, preset: KernelPreset) -> dict[str, Any]:
    return {
        "managed_pages": zone_pages(machine),
        "nodes": machine.nodes,
        **zone_sizes_pages(machine, preset),
        "page_shift": machine.page_bytes.bit_length() - 1,
        "policy": list_policy(preset, machine.page_bytes),
        "checks_new_pages": preset.word("checks_new_pages"),
        "lru_batch_entries": preset.count("lru_batch_entries"),
        "reclaim_cluster_pages": preset.count("reclaim_cluster_pages"),
        "max_reclaim_retries": preset.count("max_reclaim_retries"),
        "vmstat_sees_numa_events": preset.word("vmstat_looks_at") == "numa_events",
    }


def _strategy(strategy: Strategy, machine: MachineFacts) -> dict[str, Any]:
    alloc = strategy.access_on(machine)
    free = strategy.free_access or alloc
    return {
        "alloc": _access(alloc),
        "free": _access(free),
        "list_free": _access(strategy.list_free_access or free),
        "uses_lists": strategy.uses_lists,
        "drains_lru": strategy.drains_lru,
        "target_drains_local": type(strategy).on_target is drain_own_lists,
        "mutex": strategy.mutex == "trylock",
        "list_sets": strategy.list_sets,
    }


def _access(access: ListAccess) -> dict[str, Any]:
    return {
        "mask": access.mask,
        "lock": access.lock,
        "on_busy": access.on_busy,
        "indirections": access.indirections,
        "static_branches": access.static_branches,
    }
