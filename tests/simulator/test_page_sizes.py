"""4, 16 and 64 KiB pages: each cell gets the batch, the limits and the blocks that kernels built
for them have. Expected numbers come from the slow model's formulas and from tables written here."""

from __future__ import annotations

import dataclasses

import pytest
from slow_allocator import sizes

from pcpbench.hardware.profile import load_profile
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.preset import load_preset
from pcpbench.simulator.engine_config import engine_config

GIB = 1 << 30
# Page size: shift, largest order, pageblock order, order of a huge page, most pages of a batch.
ARM64 = {4096: (12, 10, 9, 9, 63), 16_384: (14, 11, 11, 11, 15), 65_536: (16, 13, 13, 13, 3)}
KERNELS = tuple(path.stem for path in pcpbench_kernels())
every_size = pytest.mark.parametrize("page_bytes", ARM64)


@pytest.fixture
def memory_of(registry, make_cell):
    """What the core is told of a cell's memory."""

    def make(kernel, page_bytes, memory_bytes=4 * GIB, cpus=16):
        machine = {"page_bytes": page_bytes, "memory_bytes": memory_bytes, "cpus": cpus}
        cell = make_cell(kernel=kernel, hardware="graviton2", machine=machine)
        profile = load_profile(registry.hardware["graviton2"])
        strategy = registry.strategies["workqueue"]()
        preset = load_preset(registry.kernels[kernel])
        return engine_config(cell, profile, preset, strategy)["memory"]

    return make


@pytest.mark.parametrize("kernel", KERNELS)
@every_size
def test_a_cell_has_the_blocks_and_lists_of_its_page_size(memory_of, kernel, page_bytes):
    shift, largest, pageblock, huge, most = ARM64[page_bytes]
    for memory_bytes, cpus in ((64 << 20, 4), (4 * GIB, 16), (256 * GIB, 64)):
        memory = memory_of(kernel, page_bytes, memory_bytes, cpus)
        managed = memory_bytes >> shift
        assert (memory["page_shift"], memory["managed_pages"]) == (shift, managed)
        policy = memory["policy"]
        assert (policy["max_order"], policy["pageblock_order"]) == (largest, pageblock)
        assert kernel == "v5.10.y" or policy["thp_order"] == huge
        batch = sizes.batchsize(managed, page_bytes)
        assert memory["pcp_batch_pages"] == max(batch, 1) <= most
        low = memory["watermarks_pages"][1]
        limits = sizes.limits(kernel, managed, page_bytes, low, cpus)
        assert (memory["pcp_high_min_pages"], memory["pcp_high_pages"]) == limits


@pytest.mark.parametrize(
    ("page_bytes", "least_pages"), [(4096, 176_128), (16_384, 45_056), (65_536, 12_288)]
)
def test_a_batch_is_full_from_so_much_memory_on(memory_of, page_bytes, least_pages):
    # A quarter of a 1024th has to reach 43, 11 or 3 pages, half of which is added before halving.
    most = ARM64[page_bytes][4]
    full = memory_of("v5.15", page_bytes, least_pages * page_bytes)["pcp_batch_pages"]
    less = memory_of("v5.15", page_bytes, (least_pages - 1) * page_bytes)["pcp_batch_pages"]
    assert (full, less) == (most, most // 2)


@pytest.mark.parametrize("kernel", ["v5.10.y", "v5.15", "v6.1.y"])
@every_size
def test_a_refill_moves_a_batch_and_a_flush_begins_at_the_limit(
    memory_of, make_cell, run, kernel, page_bytes
):
    """One CPU takes pages and gives all of them back: a few less than its list holds, or more."""
    machine = {"page_bytes": page_bytes, "memory_bytes": 16 * GIB, "cpus": 4, "isolated": ()}
    memory = memory_of(kernel, page_bytes, 16 * GIB, 4)
    batch, limit = memory["pcp_batch_pages"], memory["pcp_high_pages"]

    def taken_and_given(pages):
        cell = make_cell(
            kernel=kernel,
            hardware="graviton2",
            machine={**machine, "nohz_full": False, "isolcpus": False},
            busy="bulk",
            busy_parameters={"most": pages, "rounds": 1},
            drains_per_s=0.0,
            warm_up_ns=0,
            time_ns=50_000_000,
        )
        only = dataclasses.replace(cell.workloads[0], cpus=(0,))
        found = run(dataclasses.replace(cell, workloads=(only,))).histograms
        return found["zone_lock.refill"].count, found["zone_lock.flush"].count

    pages = limit - 2 * batch
    assert taken_and_given(pages) == (-(-pages // batch), 0)
    refills, flushes = taken_and_given(limit + 2 * batch)
    assert refills == -(-(limit + 2 * batch) // batch)
    assert flushes > 0
