"""Tests that equal cells have equal texts, and that a text gives its cell back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcpbench.simulator.cell import Cell, Machine, StrategyChoice, WorkloadChoice
from pcpbench.store.canonical import canonical_json
from pcpbench.store.encoding import cell_digest, cell_from_text, cell_to_text

NAMES = st.text(min_size=1, max_size=8)
VALUES = st.one_of(
    st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=3).map(tuple)
CPUS = st.lists(st.integers(0, 512), max_size=4).map(tuple)
MACHINES = st.builds(
    Machine,
    cpus=st.integers(1, 512),
    isolated=CPUS,
    nohz_full=st.booleans(),
    isolcpus=st.booleans(),
    rcu_normal=st.booleans(),
    memory_bytes=st.integers(0, 1 << 44),
    page_bytes=st.sampled_from((4096, 16384, 65536)),
)
WORKLOADS = st.builds(WorkloadChoice, kind=NAMES, cpus=CPUS, parameters=PAIRS)
CELLS = st.builds(
    Cell,
    hardware=NAMES,
    kernel=NAMES,
    machine=MACHINES,
    scenario=NAMES,
    workloads=st.lists(WORKLOADS, max_size=2).map(tuple),
    strategy=st.builds(StrategyChoice, name=NAMES, label=NAMES, parameters=PAIRS),
    sweep=PAIRS,
    seed=st.integers(0, 1 << 62),
    warm_up_ns=st.integers(0, 1 << 62),
    time_ns=st.integers(0, 1 << 62),
    drains_per_s=st.floats(0, 1e9),
)


@settings(deadline=None)  # the machine may be busy
@given(CELLS)
def test_a_cell_comes_back_from_its_text(cell: Cell) -> None:
    assert cell_from_text(cell_to_text(cell)) == cell


@settings(deadline=None)  # the machine may be busy
@given(CELLS)
def test_another_seed_is_another_digest(cell: Cell) -> None:
    other = replace(cell, seed=cell.seed + 1)
    assert cell_digest(cell_to_text(cell)) != cell_digest(cell_to_text(other))


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": 2}) == canonical_json({"a": 2, "b": 1}) == '{"a":2,"b":1}'


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_canonical_json_refuses_what_json_does_not_know(value: float) -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json([value])
