"""The names that plugins rely on are pinned: one that goes breaks the plugins of others."""

from __future__ import annotations

import dataclasses
import inspect
import typing

import pytest

import pcpbench.plugin
import pcpbench.report
import pcpbench.testing
from pcpbench.plugin import (
    CellFacts,
    Drain,
    DrainFacts,
    Executor,
    ReportFormat,
    ReportSection,
    ResultFacts,
    Strategy,
    Target,
    Wishes,
    Work,
    Workload,
    hookspecs,
)
from pcpbench.simulator.cell import Cell, CellResult
from pcpbench.simulator.watch import DrainRecord


def public(item: object) -> set[str]:
    return {name for name in vars(item) if not name.startswith("_")}


def fields(item: type) -> list[str]:
    return [field.name for field in dataclasses.fields(item)]


def test_the_names_of_the_plugin_package() -> None:
    assert sorted(pcpbench.plugin.__all__) == sorted(
        [
            *("ALLOC", "CPU_OFF", "DRAIN", "DRAIN_ZONE", "FREE", "LISTS_OFF", "LISTS_ON"),
            *("LRU_DRAIN", "LRU_DRAIN_FORCED", "PAUSE"),
            *("CellFacts", "DrainFacts", "ResultFacts", "Executor", "Work"),
            *("ReportFormat", "ReportSection", "Wishes"),
            *("Drain", "DrainSteps", "ListAccess", "MachineFacts", "NativeStream", "OpStream"),
            *("Strategy", "Target", "Workload", "WorkloadContext"),
            *("drain_own_lists", "hookimpl", "param"),
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


def test_what_executors_and_parts_of_reports_declare() -> None:
    assert public(Executor) == {"summary", "local", "results"}
    assert fields(Work) == ["simulate", "at_once"]
    assert fields(ReportFormat) == ["name", "summary", "render", "measurements", "histograms"]
    assert fields(ReportSection) == ["name", "summary", "build", "of_values"]
    assert fields(Wishes) == ["width", "colour", "timings"]
    assert {"Heading", "Report", "Section", "Table"} <= set(pcpbench.report.__all__)


@pytest.mark.parametrize(
    ("facts", "real"),
    [(CellFacts, Cell), (ResultFacts, CellResult), (DrainFacts, DrainRecord)],
)
def test_what_listeners_are_told_has_what_they_may_rely_on(facts: type, real: type) -> None:
    assert public(facts) <= {field.name for field in dataclasses.fields(real)}


HOOKS = {
    "strategies": [],
    "workloads": [],
    "hardware": [],
    "kernels": [],
    "metrics": [],
    "report_formats": [],
    "report_sections": [],
    "executors": [],
    "experiment_began": ["name", "path", "cells"],
    "cell_ended": ["result", "path"],
    "drain_ended": ["cell", "drain"],
    "experiment_ended": ["name", "path", "done", "failed", "interrupted"],
}


def test_the_hooks_and_their_arguments() -> None:
    hooks = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("pcpbench_")}
    found = {
        name.removeprefix("pcpbench_"): list(inspect.signature(hook).parameters)
        for name, hook in hooks.items()
    }
    assert found == HOOKS
    assert all(inspect.getdoc(hook) for hook in hooks.values())
    hints = [typing.get_type_hints(hook) for hook in hooks.values()]
    assert all("return" in hint for hint in hints)
