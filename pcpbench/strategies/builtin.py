"""Registers the built-in strategies, oldest first, through the hook that third parties use."""

from __future__ import annotations

from collections.abc import Sequence

from pcpbench.plugin.hookspecs import hookimpl
from pcpbench.plugin.strategy import Strategy
from pcpbench.strategies.deferred import Deferred
from pcpbench.strategies.ipi import Ipi
from pcpbench.strategies.no_pcp import NoPcp
from pcpbench.strategies.oracle import Oracle
from pcpbench.strategies.qpw import Qpw
from pcpbench.strategies.rcu_swap import RcuSwap
from pcpbench.strategies.rcu_swap_v2 import RcuSwapV2
from pcpbench.strategies.spinlock import Spinlock
from pcpbench.strategies.spinlock_irqsave import SpinlockIrqsave
from pcpbench.strategies.spinlock_trylock import SpinlockTrylock
from pcpbench.strategies.static_key_spinlock import StaticKeySpinlock
from pcpbench.strategies.workqueue import Workqueue

BUILT_IN: Sequence[type[Strategy]] = (
    Ipi,
    Workqueue,
    StaticKeySpinlock,
    RcuSwap,
    Spinlock,
    RcuSwapV2,
    SpinlockIrqsave,
    SpinlockTrylock,
    Deferred,
    Qpw,
    NoPcp,
    Oracle,
)


@hookimpl
def pcpbench_strategies() -> Sequence[type[Strategy]]:
    return BUILT_IN
