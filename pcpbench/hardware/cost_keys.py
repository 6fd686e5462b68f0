"""Names the elementary steps that have a cost, and says what each one means.

The list is the contract with the core (native/machine/costs.hpp) and with profile files.
"""

from __future__ import annotations

from collections.abc import Mapping

COST_MEANINGS: Mapping[str, str] = {
    "l2_load": "a dependent load that hits the second-level cache",
    "dependent_load": "one more load that the next access waits for, behind a barrier to the "
    "compiler, in a path that is busy anyway",
    "dram_local": "a load from memory of the own socket",
    "dram_remote": "a load from memory of the other socket",
    "dram_stream": "a line from memory behind its neighbours, where the hardware fetches ahead",
    "line_transfer_smt": "moving a modified cache line from the sibling thread of a core",
    "line_transfer_cluster": "the same between cores of one cluster (CCX, DSU)",
    "line_transfer_socket": "the same between clusters of one socket",
    "line_transfer_remote": "the same between sockets",
    "atomic_rmw": "an atomic read-modify-write on a line that the CPU owns",
    "spin_lock_pair": "taking and releasing a free spinlock whose line the CPU owns",
    "irq_save_restore": "masking interrupts and restoring the former state",
    "preempt_pair": "preempt_disable and preempt_enable",
    "static_branch": "a static key that is off, or on and taken",
    "alloc_path": "an order-0 allocation from the own list, without masking and lock",
    "free_path": "an order-0 free to the own list, without masking and lock",
    "tail_page": "looking at one struct page of a block behind the first, in the cache",
    "slow_path_entry": "entering the slow path of an allocation, before it waits for anything",
    "refill_base": "zone-lock hold of a refill: constant part",
    "refill_page": "zone-lock hold of a refill: per block, without splitting",
    "flush_base": "zone-lock hold of a flush: constant part",
    "flush_page": "zone-lock hold of a flush: per block, without merging",
    "split_level": "splitting a block once",
    "merge_level": "merging a block with its buddy once",
    "reclaim_base": "reclaiming a cluster of 32 pages: constant part",
    "reclaim_page": "reclaiming: per page, its free not counted",
    "ipi_send": "sending an IPI to one CPU, at the sender",
    "ipi_flight": "from the end of the send until the target leaves what it runs",
    "irq_entry_exit": "interrupt entry and exit at the target",
    "ipi_handler": "the handler of a function-call or reschedule IPI, apart from its work",
    "ipi_ack": "from the handler's end until the sender sees it",
    "work_queue": "queueing one work item, its wake-up IPI not counted",
    "work_flush": "waiting for one work item: bookkeeping of the waiter",
    "kworker_wake_idle": "from the wake-up of a kworker to its switch-in, nothing else running",
    "context_switch_in": "switching from a task to a kworker",
    "context_switch_back": "switching from the kworker back to the task",
    "task_wake": "from the wake-up of a sleeping task until it runs",
    "rcu_expedited_base": "an expedited grace period without any CPU to ask",
    "rcu_expedited_cpu": "an expedited grace period: per CPU that is asked, its IPI not counted",
    "rcu_handler": "the handler that reports a quiescent state",
    "tick_handler": "the timer tick's handler",
    "vmstat_update": "folding one CPU's counters in its kworker",
}

# Steps that a machine may well do for nothing.
MAY_BE_ZERO = frozenset({"preempt_pair", "static_branch"})

# Keys that profiles of earlier versions lack: (value, low, high) in ns for those, and where from.
ADDED_LATER: Mapping[str, tuple[float, float, float, str]] = {
    "dependent_load": (
        *(0.7, 0.1, 1.8),
        "0.7 ns in a loop of list pops and pushes on an EPYC (docs/calibrate.md); high: an L1 hit",
    ),
    "dram_stream": (4.0, 2.0, 8.0, "64 bytes at 8 to 30 GB/s for one core"),
    "tail_page": (0.5, 0.2, 1.6, "one to two cycles, as fitted for xeon-gold-5320"),
}

# Keys that profiles of earlier versions have and that enter nothing: allowed, and not read. What a
# first-level hit and a compiler barrier cost a list access is in dependent_load; whoever calls the
# allocator is in the kernel anyway.
NO_LONGER_READ = ("l1_load", "compiler_barrier", "kernel_entry_exit")

# Points of the wake-up latency behind a busy task, as quantiles in 1/10000.
WAKE_QUANTILES: Mapping[str, int] = {
    "p50": 5000,
    "p90": 9000,
    "p99": 9900,
    "p99_9": 9990,
    "max": 10_000,
}
