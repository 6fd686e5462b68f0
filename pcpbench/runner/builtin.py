"""Registers the built-in executors through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.executor import Executor
from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.runner.executors import Here, Processes

BUILT_IN: tuple[type[Executor], ...] = (Processes, Here)


@hookimpl
def pcpbench_executors() -> Sequence[type[Executor]]:
    """The executors of this package."""
    return BUILT_IN
