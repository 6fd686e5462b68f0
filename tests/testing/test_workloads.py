"""All built-in workloads keep the rules, and each broken rule is found."""

from __future__ import annotations

import random
from array import array

import pytest

from pcpbench.plugin import ALLOC, FREE, OpStream, Workload
from pcpbench.testing import WORKLOAD_CHECKS, ConformanceError
from pcpbench.workloads.builtin import pcpbench_workloads

CHECKS = {check.name: check for check in WORKLOAD_CHECKS}
BUILT_IN = pcpbench_workloads()


@pytest.mark.parametrize("check", WORKLOAD_CHECKS, ids=str)
@pytest.mark.parametrize("workload", BUILT_IN, ids=[workload.kind for workload in BUILT_IN])
def test_the_built_ins_keep_every_rule(workload, check):
    check(workload)


def stream(cpu, gaps=(500, 500), slots=1):
    return OpStream(
        cpu=cpu,
        op=array("B", [ALLOC, FREE]),
        order=array("B", [0, 0]),
        migratetype=array("B", [1, 1]),
        slot=array("I", [0, 0]),
        gap_ns=array("I", gaps),
        slots=slots,
        slot_group=cpu,
    )


class Broken(Workload):
    """Breaks a rule."""

    kind = "broken"
    summary = "breaks a rule"
    source = "this test"
    seed_varies = "nothing"

    def streams(self, context):
        return [stream(cpu) for cpu in context.cpus]


class Foreign(Broken):
    def streams(self, context):
        return [stream(7)]


class Twice(Broken):
    def streams(self, context):
        return [stream(context.cpus[0]), stream(context.cpus[0])]


class Throws(Broken):
    def streams(self, context):
        return [stream(cpu, (random.randrange(10**6), 500)) for cpu in context.cpus]


class Hoards(Broken):
    def streams(self, context):
        count = 4 * context.managed_pages
        return [
            OpStream(
                cpu=cpu,
                op=array("B", [ALLOC] * count),
                order=array("B", [3] * count),
                migratetype=array("B", [1] * count),
                slot=array("I", range(count)),
                gap_ns=array("I", [100] * count),
                slots=count,
                slot_group=cpu,
            )
            for cpu in context.cpus
        ]


@pytest.mark.parametrize(
    ("workload", "check", "problem"),
    [
        (Foreign, "streams", "drives CPUs"),
        (Twice, "streams", "two streams"),
        (Throws, "deterministic", "the same cell gave other numbers"),
        (Broken, "deterministic", "another seed gives the same streams"),
        (Hoards, "calls", "allocations failed"),
    ],
)
def test_a_broken_rule_is_found(workload, check, problem):
    with pytest.raises(ConformanceError, match=problem):
        CHECKS[check](workload)
