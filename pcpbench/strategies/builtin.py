"""Registers the built-in strategies through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.strategy import Strategy
from pcpbench.strategies.rcu_swap import RcuSwap
from pcpbench.strategies.spinlock_trylock import SpinlockTrylock
from pcpbench.strategies.workqueue import Workqueue


@hookimpl
def pcpbench_strategies() -> Sequence[type[Strategy]]:
    return (Workqueue, RcuSwap, SpinlockTrylock)
