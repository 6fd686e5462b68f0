"""Declares every rule in which kernel releases differ, with the values that a preset may choose.

A preset (presets/*.yaml) gives each rule a value and the kernel source that says so. Adding a
release means adding a file; adding a choice here means that the core learnt it. A rule in DEFAULTS
came after the first preset files were written and may be missing in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A rule whose value is one of a few words (or true and false)."""

    meaning: str
    choices: tuple[str | bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A rule whose value is a whole number from ``least`` to ``most``, or None where allowed."""

    meaning: str
    least: int
    most: int
    or_none: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPageSize:
    """A rule with one whole number for each page size, in bytes, that the release supports."""

    meaning: str
    least: int
    most: int


YES_NO = (False, True)

RULES: Mapping[str, Choice | Count | PerPageSize] = {
    # The buddy allocator.
    "max_order": PerPageSize(meaning="largest order of a free block, inclusive", least=0, most=15),
    "pageblock_order": PerPageSize(meaning="order of a pageblock", least=0, most=15),
    "fallback": Choice(
        meaning="how a type without free blocks takes another type's: steal_whole moves the free "
        "blocks of the pageblock, claim_then_steal claims it first or steals one block",
        choices=("steal_whole", "claim_then_steal"),
    ),
    "nofragment_orders": Choice(
        meaning="requests that ALLOC_NOFRAGMENT keeps from taking less than a pageblock of another "
        "type: all, or those below the pageblock's order",
        choices=("all", "below_pageblock"),
    ),
    "merge_types": Choice(
        meaning="blocks of a pageblock or more that merge with a buddy of another type: all but "
        "isolated ones, those of the three types with pcp lists, or these, the buddy's pageblock "
        "taking the type over",
        choices=("all_but_isolated", "pcp_types", "pcp_types_set_type"),
    ),
    "atomic_reserves": Choice(
        meaning="reserves of requests that cannot wait: ALLOC_HARDER, or ALLOC_NON_BLOCK",
        choices=("harder", "non_block"),
    ),
    "below_high_flag": Choice(
        meaning="whether zones below their high watermark keep lists small (ZONE_BELOW_HIGH)",
        choices=YES_NO,
    ),
    "zone_counter": Choice(
        meaning="when a refill takes its pages off NR_FREE_PAGES: at its end, or block by block",
        choices=("at_end", "each_block"),
    ),
    "drift_mark": Choice(
        meaning="zones whose statistics threshold falls while kswapd is awake (percpu_drift_mark): "
        "all since boot, or those where all CPUs' remainders may exceed low - min",
        choices=("since_boot", "while_tight"),
    ),
    "free_in_pageblocks": Choice(
        meaning="whether blocks above a pageblock are freed pageblock by pageblock",
        choices=YES_NO,
    ),
    "checks_new_pages": Choice(
        meaning="where every page of a block that leaves the buddy lists is looked at "
        "(check_new_pages): nowhere, under the zone lock, or there in refills and else behind it",
        choices=("nowhere", "under_lock", "refills_under_lock"),
    ),
    "watermark_boost_factor": Count(
        meaning="boost of the watermarks after a fallback, in 1/10000 of high; 0 = none",
        least=0,
        most=100_000,
    ),
    # The pcp lists.
    "pcp_lists": Count(meaning="number of pcp lists of a CPU and zone", least=3, most=15),
    "pcp_max_order": Count(meaning="orders 0 to this one have pcp lists", least=0, most=3),
    "thp_order": PerPageSize(
        meaning="the further order that has pcp lists; -1 = none", least=-1, most=15
    ),
    "thp_lists": Choice(
        meaning="pcp lists of the huge page order: one per type, one for all, or two (movable, "
        "other)",
        choices=("per_type", "one", "two", "none"),
    ),
    "pcp_high": Choice(
        meaning="limit of a CPU's lists: 6 batches, the zone's low watermark divided by the "
        "node's CPUs, or tuned between that and an eighth of the zone",
        choices=("six_batches", "low_watermark_per_cpu", "auto_tuned"),
    ),
    "refill_blocks": Choice(
        meaning="blocks of a refill: the batch, the batch scaled down by the order (at least 2), "
        "or that, grown by alloc_factor",
        choices=("batch", "batch_by_order", "alloc_factor"),
    ),
    "pcp_empty": Choice(
        meaning="where an allocation goes whose list stays empty: the next zone, or the zone's "
        "buddy lists",
        choices=("next_zone", "buddy"),
    ),
    "highatomic_refills": Choice(
        meaning="whether a request with ALLOC_HIGHATOMIC refills an empty list", choices=YES_NO
    ),
    "free_scaling": Choice(
        meaning="how a flush grows: not, by free_factor (halved at allocations), or by free_count",
        choices=("none", "free_factor", "free_count"),
    ),
    "free_factor_max": Count(
        meaning="largest free_factor; None = no limit", least=0, most=16, or_none=True
    ),
    "free_high_orders_at_once": Choice(
        meaning="whether a free of orders 1 to 3 may flush the whole list", choices=YES_NO
    ),
    "free_high_test": Choice(
        meaning="frees after which one of orders 1 to 3 flushes the whole list: any since the last "
        "allocation, a batch, or a batch and half of the lower limit",
        choices=("none", "free_factor", "batch", "batch_and_high_min"),
    ),
    "reclaim_active_batches": Count(
        meaning="limit while kswapd works, in batches, if below high; None = high holds",
        least=1,
        most=64,
        or_none=True,
    ),
    "bulk_free_order": Choice(
        meaning="order in which a flush empties lists: weighted round robin from the second list, "
        "or list by list from the one in use",
        choices=("weighted_round_robin", "from_list_in_use"),
    ),
    "drain_type": Choice(
        meaning="type a drained page is freed to: as remembered when it entered the list, or of "
        "its pageblock at that time",
        choices=("remembered", "pageblock"),
    ),
    # Concurrency, of the kernel as released; strategies replace it.
    "native_strategy": Choice(
        meaning="the drain strategy of this release",
        choices=("workqueue", "spinlock-irqsave", "spinlock-trylock"),
    ),
    "pcp_lock": Choice(
        meaning="lock of a CPU's lists: none, or a spinlock taken by trylock",
        choices=("none", "trylock"),
    ),
    "drain_hold_batches": Count(
        meaning="batches drained in one hold of the list; None = all",
        least=1,
        most=64,
        or_none=True,
    ),
    "flush_chunk_batches": Count(
        meaning="batches that a flush frees in one hold of the list; None = all",
        least=1,
        most=64,
        or_none=True,
    ),
    "decay_chunk_batches": Count(
        meaning="batches that the decay of a list frees in one hold; None = all",
        least=1,
        most=64,
        or_none=True,
    ),
    "lru_batch_entries": Count(meaning="entries of a per-CPU LRU batch", least=1, most=256),
    # Reclaim.
    "reclaim_cluster_pages": Count(
        meaning="pages that direct reclaim aims at (SWAP_CLUSTER_MAX)", least=1, most=1024
    ),
    "max_reclaim_retries": Count(
        meaning="rounds without progress before an allocation fails", least=0, most=1024
    ),
    # Time.
    "hz": Count(meaning="timer ticks a second (CONFIG_HZ)", least=24, most=1200),
    "stat_interval_ms": Count(meaning="period of the vmstat shepherd", least=1, most=3_600_000),
    "vmstat_skips_isolated": Choice(
        meaning="whether the vmstat shepherd leaves isolated CPUs alone: no, those of isolcpus and "
        "of nohz_full (true), or only those of isolcpus",
        choices=(False, True, "isolcpus"),
    ),
    "vmstat_looks_at": Choice(
        meaning="what the vmstat shepherd looks at beside the zone's counters: those of the node, "
        "or the zone's events of NUMA allocation",
        choices=("node_counters", "numa_events"),
    ),
    "rt_runtime_us": Count(
        meaning="time that FIFO tasks may take of each rt_period_us; None = all",
        least=0,
        most=1_000_000_000,
        or_none=True,
    ),
    "rt_period_us": Count(meaning="period of RT throttling", least=1, most=1_000_000_000),
    "fair_server_wait_us": Count(
        meaning="time a task of the fair class waits behind a FIFO task until the deadline server "
        "lets it run; None = there is no server",
        least=0,
        most=1_000_000_000,
        or_none=True,
    ),
    "fair_class": Choice(
        meaning="how tasks of the fair class take turns: cfs (who ran least, and who slept goes "
        "first) or eevdf (the earliest deadline, and a slice is used up first)",
        choices=("cfs", "eevdf"),
    ),
    "rcu_expedited_spares": Choice(
        meaning="CPUs that an expedited grace period does not interrupt: those idle or, with "
        "nohz_full, in user mode",
        choices=("extended_quiescent_state",),
    ),
    "rcu_expedited_worker": Choice(
        meaning="who asks the CPUs of a leaf: a work on the leaf's first CPU, or a kthread",
        choices=("work_on_leaf_cpu", "kthread"),
    ),
    "rcu_normal_first_scan_ms": Count(
        meaning="shortest time until a normal grace period looks at other CPUs",
        least=0,
        most=10_000,
    ),
}

DEFAULTS: Mapping[str, str | int | None] = {
    "drift_mark": "since_boot",
    "vmstat_looks_at": "node_counters",
    "fair_server_wait_us": None,
    "fair_class": "cfs",
}
