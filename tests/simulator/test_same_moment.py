"""CPUs that act at the same moment: a machine on which almost nothing takes time.

The zone lock is then handed on within the moment in which it is released, to lower CPUs as well as
to higher ones, and drains look at the lists of CPUs that lag and have, or have not, had their turn
in that moment.
"""

from __future__ import annotations

import dataclasses
import random
from array import array

import pytest

from pcpbench.plugin.workload import ALLOC, DRAIN, FREE, PAUSE, OpStream, Workload
from pcpbench.simulator import run as run_module
from pcpbench.simulator.engine_config import engine_config
from pcpbench.simulator.run import run_cell

CPUS = 8
SLOTS = 8
STEP_NS = 500
ABOVE_LISTS = 4  # an order that no list holds: each call takes the zone lock


class OfOneMoment(Workload):
    """Operations that all begin at multiples of one step."""

    kind = "of-one-moment"

    def streams(self, context):
        return [self.stream(cpu, random.Random(f"{context.seed}.{cpu}")) for cpu in context.cpus]

    def stream(self, cpu: int, choose: random.Random) -> OpStream:
        count = choose.randrange(5, 60)
        gap = [choose.choice((0, STEP_NS, STEP_NS, 2 * STEP_NS)) for _ in range(count)]
        return OpStream(
            cpu=cpu,
            op=array("B", choose.choices((ALLOC, FREE, PAUSE, DRAIN), (20, 20, 1, 1), k=count)),
            order=array("B", choose.choices((0, 1, ABOVE_LISTS), (6, 1, 2), k=count)),
            migratetype=array("B", [1] * count),
            slot=array("I", choose.choices(range(SLOTS), k=count)),
            gap_ns=array("I", [*gap[:-1], STEP_NS]),  # time goes on, whatever was drawn
            slots=SLOTS,
            slot_group=cpu,
        )


def almost_free(*arguments, **options):
    config = engine_config(*arguments, **options)
    costs = dict.fromkeys(config["machine"]["costs_ps"], 0)
    costs["refill_page"] = costs["flush_page"] = STEP_NS * 1000
    config["machine"]["costs_ps"] = costs
    return config


@pytest.mark.parametrize("strategy", ["workqueue", "spinlock", "rcu-swap", "oracle"])
@pytest.mark.parametrize("seed", range(4))
def test_calls_of_one_moment_run_ahead_as_they_run_step_by_step(
    make_cell, registry, monkeypatch, strategy, seed
):
    monkeypatch.setattr(run_module, "engine_config", almost_free)
    own = dataclasses.replace(registry, workloads={OfOneMoment.kind: OfOneMoment})
    cell = make_cell(
        strategy,
        busy=OfOneMoment.kind,
        machine={"cpus": CPUS, "isolated": ()},
        seed=seed,
        warm_up_ns=0,
        time_ns=10_000_000,
        drains_per_s=0.0,
    )
    busy = dataclasses.replace(cell.workloads[0], cpus=tuple(range(CPUS)), parameters=())
    cell = dataclasses.replace(cell, workloads=(busy,))
    ahead, steps = run_cell(cell, own), run_cell(cell, own, one_step=True)
    assert ahead.status == "ok", ahead.error
    assert ahead.counters["drain_asked"] > 0
    assert (ahead.counters, ahead.histograms) == (steps.counters, steps.histograms)
