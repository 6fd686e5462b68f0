"""Same cell, same bytes; conservation of pages over random cells."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.plugin.workload import (
    ALLOC,
    CPU_OFF,
    DRAIN,
    DRAIN_ZONE,
    FREE,
    LISTS_OFF,
    LISTS_ON,
    LRU_DRAIN,
    LRU_DRAIN_FORCED,
    PAUSE,
    OpStream,
    Workload,
)
from pcpbench.simulator.run import run_cell
from pcpbench.strategies.builtin import BUILT_IN

STRATEGIES = tuple(strategy.name for strategy in BUILT_IN)
KERNELS = tuple(path.stem for path in pcpbench_kernels())


def measured(result):
    return (result.counters, result.histograms, result.metrics, result.null_reasons)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_cell_gives_the_same_numbers(make_cell, run, strategy):
    cell = make_cell(strategy, victim="isolated-loop")
    assert measured(run(cell)) == measured(run(cell))


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_one_step_at_a_time_gives_the_same_numbers(make_cell, registry, strategy):
    cell = make_cell(strategy, victim="isolated-loop")
    assert measured(run_cell(cell, registry, one_step=True)) == measured(run_cell(cell, registry))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("strategy", ["workqueue", "spinlock-trylock"])
def test_one_step_at_a_time_gives_the_same_numbers_on_every_kernel(
    make_cell, registry, strategy, kernel
):
    cell = make_cell(strategy, kernel=kernel, victim="isolated-loop", time_ns=60_000_000)
    ahead = run_cell(cell, registry)
    assert ahead.status == "ok", ahead.error
    assert ahead.counters["flushes"] > 0
    assert measured(run_cell(cell, registry, one_step=True)) == measured(ahead)


def test_another_seed_gives_other_numbers(make_cell, run):
    a, b = (run(make_cell(victim="isolated-loop", seed=seed)) for seed in (1, 2))
    assert a.histograms["alloc.latency"] != b.histograms["alloc.latency"]


def test_no_strategy_shifts_the_workload_of_another(make_cell, run):
    # Without pressure nothing delays a call for long, so all strategies see the same calls; but
    # without lists every call waits for the zone lock.
    calls = {
        run(make_cell(strategy, busy="repeat", drains_per_s=0.0)).counters["alloc_calls"]
        for strategy in STRATEGIES
        if strategy != "no-pcp"
    }
    assert max(calls) - min(calls) < 0.05 * min(calls)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    strategy=st.sampled_from(STRATEGIES),
    kernel=st.sampled_from(KERNELS),
    hardware=st.sampled_from(["epyc-7742", "graviton2"]),
    cpus=st.integers(2, 12),
    memory_mib=st.integers(16, 64),
    nohz_full=st.booleans(),
    drains_per_s=st.sampled_from([0.0, 100.0, 20_000.0]),
    working_set=st.floats(0.3, 3.0),
    rate=st.sampled_from([100_000.0, 1_000_000.0]),
    seed=st.integers(0, 2**63),
)
def test_pages_are_conserved_in_random_cells(
    make_cell,
    run,
    strategy,
    kernel,
    hardware,
    cpus,
    memory_mib,
    nohz_full,
    drains_per_s,
    working_set,
    rate,
    seed,
):
    cell = make_cell(
        strategy,
        kernel=kernel,
        hardware=hardware,
        machine={
            "cpus": cpus,
            "isolated": (cpus - 1,),
            "memory_bytes": memory_mib << 20,
            "nohz_full": nohz_full,
        },
        seed=seed,
        warm_up_ns=1_000_000,
        time_ns=30_000_000,
        drains_per_s=drains_per_s,
    )
    busy, victim = cell.workloads
    busy = dataclasses.replace(
        busy,
        cpus=tuple(range(cpus - 1)),
        parameters=(("rate", rate), ("working_set", working_set)),
    )
    victim = dataclasses.replace(victim, kind="isolated-loop", cpus=(cpus - 1,))
    # run() checks every list, counter and page frame of the core at the end of the cell.
    counters = run(dataclasses.replace(cell, workloads=(busy, victim))).counters
    assert counters["drain_asked"] >= counters["drain_completed"]
    assert counters["parked_pages_max"] <= (memory_mib << 20) // 4096


class RandomTable(Workload):
    """A table of random operations on shared slots, one copy for each CPU."""

    kind = "random-table"
    operations: ClassVar[list[tuple[int, int, int, int]]] = []

    def streams(self, context):
        from array import array

        op, order, kind, slot = zip(*self.operations, strict=True)
        return [
            OpStream(
                cpu=cpu,
                op=array("B", op),
                order=array("B", order),
                migratetype=array("B", kind),
                slot=array("I", slot),
                gap_ns=array("I", [500] * len(op)),
                slots=16,
                start=cpu % len(op),
            )
            for cpu in context.cpus
        ]


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *[ALLOC] * 4,
                *[FREE] * 4,
                DRAIN,
                PAUSE,
                DRAIN_ZONE,
                LISTS_OFF,
                LISTS_ON,
                CPU_OFF,
                LRU_DRAIN,
                LRU_DRAIN_FORCED,
            ]
        ),
        st.integers(0, 10),
        st.integers(0, 2),
        st.integers(0, 15),
    ),
    min_size=1,
    max_size=60,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    strategy=st.sampled_from(STRATEGIES),
    kernel=st.sampled_from(KERNELS),
    operations=OPERATIONS,
)
def test_pages_are_conserved_under_random_operations(
    make_cell, registry, strategy, kernel, operations
):
    RandomTable.operations = operations
    workloads = {**registry.workloads, "random-table": RandomTable}
    cell = make_cell(strategy, kernel=kernel, busy="random-table", warm_up_ns=0, time_ns=5_000_000)
    result = run_cell(cell, dataclasses.replace(registry, workloads=workloads))
    assert result.status == "ok", result.error
    held = result.counters["alloc_pages"] - result.counters["free_pages"]
    assert 0 <= held <= 16 << 10


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    strategy=st.sampled_from(STRATEGIES),
    kernel=st.sampled_from(KERNELS),
    operations=OPERATIONS,
    drains=st.booleans(),
)
def test_random_operations_run_ahead_as_they_run_step_by_step(
    make_cell, registry, strategy, kernel, operations, drains
):
    class OwnSlots(RandomTable):
        def streams(self, context):
            streams = super().streams(context)
            return [dataclasses.replace(s, slot_group=s.cpu) for s in streams]

    RandomTable.operations = operations
    own = dataclasses.replace(registry, workloads={**registry.workloads, "random-table": OwnSlots})
    rate = 3_000.0 if drains else 0.0
    cell = make_cell(
        strategy,
        kernel=kernel,
        busy="random-table",
        warm_up_ns=0,
        time_ns=2_000_000,
        drains_per_s=rate,
    )
    ahead, steps = run_cell(cell, own), run_cell(cell, own, one_step=True)
    assert ahead.status == "ok", ahead.error
    assert measured(ahead) == measured(steps)
