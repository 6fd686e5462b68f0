"""Decides a cell's metrics: a value for each, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pcpbench.metrics.metric import Metric, Missing, Number
from pcpbench.metrics.raw import NotCounted, RawMeasurements
from pcpbench.plugin.blame import raised


def measure(
    raw: RawMeasurements, metrics: Mapping[str, Metric]
) -> tuple[dict[str, Number | None], dict[str, str]]:
    """Every metric of ``metrics`` in a cell: values by name, and a reason for each None.

    A metric of a plugin that raises has no value, and the reason names the fault.
    """
    values: dict[str, Number | None] = {}
    reasons: dict[str, str] = {}
    for name, metric in metrics.items():
        value = _value(metric, raw)
        if isinstance(value, Missing):
            values[name] = None
            reasons[name] = value.reason
        else:
            values[name] = value
    return values, reasons


def _value(metric: Metric, raw: RawMeasurements) -> Number | Missing:
    try:
        value = metric.of(raw)
    except NotCounted as missing:
        return Missing(str(missing))
    except Exception as fault:
        return Missing(f"metric {metric.name} {raised(fault, caller=(__file__,))}")
    if isinstance(value, Missing):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Missing(f"metric {metric.name} returned {value!r}, which is not a number")
    return value if math.isfinite(value) else Missing(f"metric {metric.name} is not finite")
