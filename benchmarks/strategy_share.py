"""Measures which share of a cell's wall time goes into Python strategy code."""

from __future__ import annotations

import dataclasses
import time
from typing import Any
from unittest.mock import patch

from benchmarks.engine import cell
from pcpbench.plugin.registry import Registry
from pcpbench.simulator.conversation import Conversation
from pcpbench.simulator.run import run_cell

DRAINS_PER_S = 1000.0
STRATEGIES = ("workqueue", "rcu-swap", "spinlock-trylock")


def strategy_share(registry: Registry, strategy: str) -> float:
    """Share of the wall time that is spent in the strategy's generators and in checking what they
    yield, at 1,000 requested drains a simulated second under memory pressure."""
    one = cell(cpus=12, isolated=4, kind="memory-pressure", strategy=strategy)
    one = dataclasses.replace(one, drains_per_s=DRAINS_PER_S)
    inside = 0
    answer = Conversation.answer

    def timed(self: Conversation, decision: Any) -> Any:
        nonlocal inside
        began = time.perf_counter_ns()
        try:
            return answer(self, decision)
        finally:
            inside += time.perf_counter_ns() - began

    run_cell(one, registry)  # profiles and presets are read once
    shares = []
    with patch.object(Conversation, "answer", timed):
        for _ in range(3):
            inside = 0
            began = time.perf_counter_ns()
            result = run_cell(one, registry)
            if result.status != "ok":
                raise SystemExit(f"the cell failed: {result.error}")
            shares.append(inside / (time.perf_counter_ns() - began))
    return min(shares)
