"""What the tests of a plugin may rely on (docs/plugins.md)."""

from pcpbench.testing.outcome import ConformanceError, Outcome
from pcpbench.testing.strategies import STRATEGY_CHECKS, check_strategy
from pcpbench.testing.workloads import WORKLOAD_CHECKS, check_workload

__all__ = [
    "STRATEGY_CHECKS",
    "WORKLOAD_CHECKS",
    "ConformanceError",
    "Outcome",
    "check_strategy",
    "check_workload",
]
