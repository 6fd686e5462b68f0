"""What the lines of struct pages cost: read again soon, in order from memory, or one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcpbench.hardware.profile import HardwareProfile, load_profile
from pcpbench.simulator.cell import Cell

MACHINE = {"cpus": 2, "isolated": (), "nohz_full": False, "isolcpus": False}
# Its CPUs have a last-level cache of 4 MiB, the lines of 65,536 struct pages.
HARDWARE = "kunpeng-920"
HELD_MANY, HELD_SOME, HELD_FEW = 131_072, 40_000, 2048


@pytest.fixture(scope="module")
def profile(registry) -> HardwareProfile:
    return load_profile(registry.hardware[HARDWARE])


@pytest.fixture
def means(make_cell, run):
    """Mean latencies in ns of one CPU's allocations and frees."""

    def measure(kind: str, *, memory_gib: int = 1, **parameters: object) -> tuple[float, float]:
        cell = make_cell(
            hardware=HARDWARE,
            machine={**MACHINE, "memory_bytes": memory_gib << 30},
            busy=kind,
            busy_parameters=parameters,
            drains_per_s=0.0,
            warm_up_ns=0,
            time_ns=150_000_000,
        )
        metrics = run(on_cpus(cell, (0,))).metrics
        return metrics["alloc.latency_ns.mean"], metrics["free.latency_ns.mean"]

    return measure


def on_cpus(cell: Cell, cpus: tuple[int, ...]) -> Cell:
    """The cell with nothing but its first workload, on these CPUs."""
    return replace(cell, workloads=(replace(cell.workloads[0], cpus=cpus),))


def test_pages_freed_at_random_are_read_from_memory_one_by_one(means, profile):
    in_order = means("bulk", rounds=1)[1]
    at_random = means("random-free", rounds=1)[1]
    memory_ns = profile.costs["dram_local"].value_ns
    # The page itself, and at most its buddies of higher orders, of which one a page merges.
    assert 0.8 * memory_ns < at_random - in_order < 3.5 * memory_ns


def test_pages_freed_soon_are_in_the_cache_whatever_their_order(means, profile):
    in_order = means("bulk", most=HELD_FEW)[1]
    at_random = means("random-free", most=HELD_FEW)[1]
    assert abs(at_random - in_order) < 0.15 * profile.costs["dram_local"].value_ns


def test_pages_freed_in_order_are_fetched_ahead(means, profile):
    many, few = (means("bulk", most=held, rounds=1)[1] for held in (HELD_MANY, HELD_SOME))
    assert many - few == pytest.approx(profile.costs["dram_stream"].value_ns, abs=1.5)


def test_a_large_block_costs_a_look_at_each_of_its_pages(means, profile):
    pages = 512
    # In the cache only the free passes over the tail pages: there is no refill.
    small, large = (means("repeat", order=order, rate=1e8) for order in (0, 9))
    assert large[0] == pytest.approx(small[0], abs=0.1)
    tails_ns = (pages - 1) * profile.costs["tail_page"].value_ns
    assert large[1] - small[1] == pytest.approx(tails_ns, rel=0.01)
    # From memory v5.15 looks at all of them when they leave the buddy lists. When they are freed
    # only the first one's line, and a buddy's, has to be waited for.
    fresh = means("bulk", memory_gib=4, order=9, rounds=1)
    streamed_ns = (pages - 1) * profile.costs["dram_stream"].value_ns
    assert streamed_ns < fresh[0] < 1.5 * streamed_ns
    memory_ns = profile.costs["dram_local"].value_ns
    assert large[1] + 0.5 * memory_ns < fresh[1] < large[1] + 4 * memory_ns


def test_first_pages_farther_apart_than_a_stride_are_not_fetched_ahead(means, profile):
    """From order 6 on the first frames of neighbouring blocks lie more than 2 KiB apart."""
    tail_ns = profile.costs["tail_page"].value_ns
    firsts_ns = [
        means("bulk", memory_gib=4, order=order, rounds=1)[1] - ((1 << order) - 1) * tail_ns
        for order in (5, 6)
    ]
    ahead_ns = profile.costs["dram_local"].value_ns - profile.costs["dram_stream"].value_ns
    # The line itself, and as much again expected of the look at a buddy in vain.
    assert 0.9 * ahead_ns < firsts_ns[1] - firsts_ns[0] < 2.2 * ahead_ns


def test_a_large_block_of_another_cpu_is_not_in_the_cache(make_cell, run, profile):
    order = 10  # no list: the block one CPU frees is the next that anybody takes

    def alloc_ns(cpus: tuple[int, ...]) -> float:
        cell = make_cell(
            hardware=HARDWARE,
            machine={**MACHINE, "memory_bytes": 1 << 30},
            busy="repeat",
            busy_parameters={"order": order, "rate": 1e9},
            drains_per_s=0.0,
            warm_up_ns=1_000_000,
            time_ns=20_000_000,
        )
        return run(on_cpus(cell, cpus)).metrics["alloc.latency_ns.max"]

    pass_ns = ((1 << order) - 1) * (
        profile.costs["dram_stream"].value_ns - profile.costs["tail_page"].value_ns
    )
    assert alloc_ns((0, 1)) - alloc_ns((0,)) > pass_ns


@pytest.mark.parametrize(
    ("hardware", "far", "distance"),
    [
        ("kunpeng-920", 1, "cluster"),
        ("kunpeng-920", 4, "socket"),
        ("kunpeng-920", 64, "remote"),
        ("thunderx2", 64, "smt"),
        ("thunderx2", 1, "socket"),
        ("thunderx2", 32, "remote"),
    ],
)
def test_a_page_that_another_cpu_had_costs_a_transfer_by_their_distance(
    make_cell, run, registry, hardware, far, distance
):
    profile = load_profile(registry.hardware[hardware])
    cell = make_cell(
        hardware=hardware,
        machine={**MACHINE, "cpus": 65, "memory_bytes": 1 << 30},
        busy="producer-consumer",
        drains_per_s=0.0,
        warm_up_ns=5_000_000,
        time_ns=20_000_000,
    )
    frees_ns = run(on_cpus(cell, (0, far))).metrics["free.latency_ns.p50"]
    own_ns = sum(profile.costs[k].value_ns for k in ("free_path", "irq_save_restore"))
    transfer_ns = profile.costs[f"line_transfer_{distance}"].value_ns
    assert frees_ns == pytest.approx(own_ns + transfer_ns, rel=0.05)
