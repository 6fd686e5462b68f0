"""Decides how the list rules of a preset become the allocator's policy."""

from __future__ import annotations

from collections.abc import Mapping

from pcpbench.kernels.preset import KernelPreset

# So many doublings of a batch are more than any list holds.
NO_FREE_FACTOR_LIMIT = 30


def list_policy(preset: KernelPreset, page_bytes: int) -> Mapping[str, str | bool | int]:
    """The rules of ``preset`` at a page size, as the core's KernelPolicy takes them.

    Raises KeyError for a page size that the release does not support."""
    return {
        "max_order": preset.at_page_size("max_order", page_bytes),
        "pageblock_order": preset.at_page_size("pageblock_order", page_bytes),
        "pcp_max_order": preset.count("pcp_max_order"),
        "thp_order": preset.at_page_size("thp_order", page_bytes),
        "free_factor_max": preset.count("free_factor_max", none=NO_FREE_FACTOR_LIMIT),
        "watermark_boost_factor": preset.count("watermark_boost_factor"),
        "fallback": preset.word("fallback"),
        "thp_lists": preset.word("thp_lists"),
        "refill_blocks": preset.word("refill_blocks"),
        "free_scaling": preset.word("free_scaling"),
        "bulk_free_order": preset.word("bulk_free_order"),
        "merge_types": preset.word("merge_types"),
        "atomic_reserves": preset.word("atomic_reserves"),
        "free_high_orders_at_once": preset.flag("free_high_orders_at_once"),
        "free_high_needs_high_min": preset.word("free_high_test") == "batch_and_high_min",
        "reclaim_active_batches": preset.count("reclaim_active_batches", none=0),
        "drain_by_pageblock": preset.word("drain_type") == "pageblock",
        "account_each_block": preset.word("zone_counter") == "each_block",
        "nofragment_below_pageblock": preset.word("nofragment_orders") == "below_pageblock",
        "buddy_when_pcp_empty": preset.word("pcp_empty") == "buddy",
        "below_high_flag": preset.flag("below_high_flag"),
        "highatomic_skips_refill": not preset.flag("highatomic_refills"),
        "free_in_pageblocks": preset.flag("free_in_pageblocks"),
        "drift_mark_resets": preset.word("drift_mark") == "while_tight",
        "flush_chunk_batches": preset.count("flush_chunk_batches", none=0),
        "decay_chunk_batches": preset.count("decay_chunk_batches", none=0),
        "drain_hold_batches": preset.count("drain_hold_batches", none=0),
    }
