"""The names that plugins rely on are pinned: one that goes breaks the plugins of others."""

from __future__ import annotations

import pcpbench.plugin
import pcpbench.testing
from pcpbench.plugin import Drain, Strategy, Target, Workload, hookspecs


def public(item: object) -> set[str]:
    return {name for name in vars(item) if not name.startswith("_")}


def test_the_names_of_the_plugin_package() -> None:
    assert sorted(pcpbench.plugin.__all__) == sorted(
        [
            *("ALLOC", "CPU_OFF", "DRAIN", "DRAIN_ZONE", "FREE", "LISTS_OFF", "LISTS_ON"),
            *("LRU_DRAIN", "LRU_DRAIN_FORCED", "PAUSE"),
            *("Drain", "DrainSteps", "ListAccess", "MachineFacts", "NativeStream", "OpStream"),
            *("Strategy", "Target", "Workload", "WorkloadContext", "hookimpl", "param"),
        ]
    )
    assert all(hasattr(pcpbench.plugin, name) for name in pcpbench.plugin.__all__)


def test_the_names_of_the_testing_package() -> None:
    assert pcpbench.testing.__all__ == [
        "STRATEGY_CHECKS",
        "WORKLOAD_CHECKS",
        "ConformanceError",
        "Outcome",
        "check_strategy",
        "check_workload",
    ]
    assert all(hasattr(pcpbench.testing, name) for name in pcpbench.testing.__all__)


def test_the_primitives() -> None:
    assert public(Drain) == {
        *("scan_counts", "swap_lists", "synchronize_rcu", "free_lists", "drain_remote"),
        *("queue_work", "flush_work", "send_ipi", "at_kernel_entry", "run_for"),
        *("free_at_no_cost", "all", "force", "initiator", "machine", "zone"),
    }
    assert public(Target) == {"drain_local", "context", "cpu", "zone"}


def test_what_a_strategy_and_a_workload_declare() -> None:
    assert public(Strategy) == {
        *("summary", "source", "historical", "access", "free_access", "list_free_access"),
        *("uses_lists", "mutex", "list_sets", "bytes_per_cpu_zone", "bytes_per_cpu", "drains_lru"),
        *("access_on", "limbo_ns", "is_transplanted", "drain_all", "on_target"),
    }
    assert public(Workload) == {"summary", "source", "seed_varies", "simulates_reclaim", "streams"}


def test_the_hooks() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("pcpbench_")}
    assert hooks >= {
        *("pcpbench_strategies", "pcpbench_workloads", "pcpbench_hardware", "pcpbench_kernels"),
        "pcpbench_metrics",
    }
