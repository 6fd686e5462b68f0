"""Decides which uncertain numbers of a profile are moved together, to see what depends on them.

A verdict is robust if it holds with each group at the low and at the high ends of its ranges.
Numbers of one group are wrong together as a rule: who measured one of them a little too high did
so with its neighbours. Numbers whose *difference* decides between strategies (masking against
locking against one more load) are in groups of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pcpbench.hardware.profile import Cost, End, HardwareProfile

WAKE_LATENCY = "wake_latency_busy"

GROUPS: Mapping[str, tuple[str, ...]] = {
    "masking": ("irq_save_restore", "preempt_pair"),
    "locking": ("spin_lock_pair", "atomic_rmw"),
    "indirection": ("dependent_load", "static_branch"),
    "page calls": ("alloc_path", "free_path", "tail_page", "l2_load", "slow_path_entry"),
    "cache lines": (
        "dram_local",
        "dram_remote",
        "dram_stream",
        "line_transfer_smt",
        "line_transfer_cluster",
        "line_transfer_socket",
        "line_transfer_remote",
    ),
    "zone lock holds": (
        "refill_base",
        "refill_page",
        "flush_base",
        "flush_page",
        "split_level",
        "merge_level",
    ),
    "reclaim": ("reclaim_base", "reclaim_page"),
    "interrupts": (
        "ipi_send",
        "ipi_flight",
        "irq_entry_exit",
        "ipi_handler",
        "ipi_ack",
        "tick_handler",
    ),
    "kworkers": (
        "work_queue",
        "work_flush",
        "kworker_wake_idle",
        "context_switch_in",
        "context_switch_back",
        "task_wake",
        "vmstat_update",
        WAKE_LATENCY,
    ),
    "RCU": ("rcu_expedited_base", "rcu_expedited_cpu", "rcu_handler"),
}

# Single numbers; the quantiles of the wake-up latency are one.
NUMBERS = tuple(key for keys in GROUPS.values() for key in keys)


def uncertain_groups(profile: HardwareProfile) -> Iterator[tuple[str, End]]:
    """(group, end) for each group with a number whose range is not a point, at each end."""
    for group, keys in GROUPS.items():
        if any(is_uncertain(profile, key) for key in keys):
            yield group, "low"
            yield group, "high"


def is_uncertain(profile: HardwareProfile, key: str) -> bool:
    """Whether a number has a range; of ``WAKE_LATENCY``, any of its quantiles."""
    return any(cost.low_ns < cost.high_ns for cost in _costs(profile, key))


def _costs(profile: HardwareProfile, key: str) -> Iterable[Cost]:
    return profile.wake_latency_busy.values() if key == WAKE_LATENCY else [profile.costs[key]]


def end_of(key: str, cost_ends: Mapping[str, End]) -> End:
    """The end of its range that a cost key takes, given (group, end)."""
    ends = (end for group, end in cost_ends.items() if key in GROUPS[group])
    return next(ends, "value")
