"""Registers the built-in metrics through the hook that plugins use."""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from pcpbench.metrics.isolated import ISOLATED
from pcpbench.metrics.latencies import (
    ALLOC,
    DRAIN,
    FREE,
    ISOLATED_ALLOC,
    ZONE_LOCK_FLUSH,
    ZONE_LOCK_HOLD,
    ZONE_LOCK_REFILL,
    ZONE_LOCK_WAIT,
)
from pcpbench.metrics.metric import Metric
from pcpbench.metrics.totals import DRAINS, MEMORY, PRICE, PROGRESS

hookimpl = pluggy.HookimplMarker("pcpbench")

BUILT_IN: tuple[Metric, ...] = (
    *ALLOC.metrics(),
    *FREE.metrics(),
    *PRICE,
    *ISOLATED,
    *ISOLATED_ALLOC.metrics(),
    *DRAINS,
    *DRAIN.metrics(),
    *ZONE_LOCK_WAIT.metrics(),
    *ZONE_LOCK_HOLD.metrics(),
    *ZONE_LOCK_REFILL.metrics(),
    *ZONE_LOCK_FLUSH.metrics(),
    *PROGRESS,
    *MEMORY,
)


@hookimpl
def pcpbench_metrics() -> Iterable[Metric]:
    """The metrics of the architecture's sections 4 and 7, in the order reports show them."""
    return BUILT_IN
