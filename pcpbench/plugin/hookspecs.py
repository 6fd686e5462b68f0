"""Says what a plugin may contribute: hooks in the manner of pluggy, project name ``pcpbench``.

A plugin is a module, or an object in it, with functions marked by ``hookimpl``:

    from pcpbench.plugin.hookspecs import hookimpl

    @hookimpl
    def pcpbench_strategies():
        return [MyStrategy]
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pluggy

from pcpbench.plugin.strategy import Strategy
from pcpbench.plugin.workload import Workload

PROJECT = "pcpbench"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def pcpbench_strategies() -> Iterable[type[Strategy]]:  # type: ignore[empty-body]
    """Drain strategies: subclasses of ``Strategy``."""


@hookspec
def pcpbench_workloads() -> Iterable[type[Workload]]:  # type: ignore[empty-body]
    """Workload generators: subclasses of ``Workload``."""


@hookspec
def pcpbench_hardware() -> Iterable[Path]:  # type: ignore[empty-body]
    """Hardware profiles: paths of YAML files; the name is the file's, without ``.yaml``."""


@hookspec
def pcpbench_kernels() -> Iterable[Path]:  # type: ignore[empty-body]
    """Kernel presets: paths of YAML files; the name is the file's, without ``.yaml``."""


@hookspec
def pcpbench_metrics() -> Iterable[Any]:  # type: ignore[empty-body]
    """Metrics (``pcpbench.metrics.Metric``), in the order in which reports show them."""
