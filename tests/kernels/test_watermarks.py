"""The sizes the kernel computes: held against zones of real kernels, and at their edges."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcpbench.kernels.watermarks import (
    min_free_kbytes,
    pcp_high_pages,
    watermarks_from,
    zone_batch_pages,
    zone_watermarks,
)

DATA = Path(__file__).parents[1] / "data" / "snapshot-zones.txt"
PAGE_BYTES = 4096


def read_machines():
    machines = []
    for line in DATA.read_text().splitlines():
        fields = dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)
        if line.startswith("H "):
            machines.append((fields, []))
        elif line.startswith("Z "):
            machines[-1][1].append(fields)
    return machines


MACHINES = read_machines()
CASES = [pytest.param(head, zones, id=head["case"]) for head, zones in MACHINES]


def lowmem_of(zones):
    return sum(int(zone["managed"]) for zone in zones)


def test_the_snapshots_cover_five_kernel_folders():
    folders = {head["case"].split("/")[0] for head, _ in MACHINES}
    assert folders == {"5.10", "6.1", "6.12", "6.12.numa", "7.2"}


def watermarks_of(head, zones, *, given_back_pages=0, zone_number=0):
    """What the formula gives for a machine whose zone had that many pages fewer at the time."""
    pages_min = int(head["min_free_kbytes"]) * 1024 // PAGE_BYTES
    managed = [int(zone["managed"]) for zone in zones]
    managed[zone_number] -= given_back_pages
    return [watermarks_from(pages_min, pages, sum(managed)) for pages in managed]


def recorded_watermarks(zones):
    return [tuple(int(zone[key]) for key in ("wmin", "wlow", "whigh")) for zone in zones]


@pytest.mark.parametrize(
    ("head", "zones"), [case for case in CASES if case.id.endswith(("frag", "pressure"))]
)
def test_watermarks_are_those_of_real_kernels_after_a_sysctl(head, zones):
    assert watermarks_of(head, zones) == recorded_watermarks(zones)


@pytest.mark.parametrize(("head", "zones"), [case for case in CASES if case.id.endswith("/bulk")])
def test_watermarks_of_boot_are_explained_by_one_initial_ram_disk(head, zones):
    # Computed at boot, before the pages of the initial ram disk were given to one of the zones:
    # one number of pages has to explain all three watermarks of all zones.
    wanted = recorded_watermarks(zones)
    assert any(
        watermarks_of(head, zones, given_back_pages=pages, zone_number=number) == wanted
        for number in range(len(zones))
        for pages in range(0, min(int(zones[number]["managed"]), 16_384), 8)
    )


@pytest.mark.parametrize(
    ("head", "zones"), [case for case in CASES if not case.id.endswith(("frag", "pressure"))]
)
def test_min_free_kbytes_is_that_of_real_kernels_with_khugepaged(head, zones):
    computed = min_free_kbytes(lowmem_of(zones), PAGE_BYTES, huge_page_zones=len(zones))
    assert computed == int(head["min_free_kbytes"])


@pytest.mark.parametrize(
    ("head", "zones"), [case for case in CASES if not case.id.startswith("5.10")]
)
def test_batch_and_high_are_those_of_real_kernels(head, zones):
    cpus_of_node = int(head["cpus"]) // int(head["nodes"])
    for zone in zones:
        batch = zone_batch_pages(int(zone["managed"]), PAGE_BYTES)
        assert batch == int(zone["pageset_batch"])
        high = zone.get("pageset_high", zone.get("pageset_high_min"))
        assert pcp_high_pages(int(zone["wlow"]), cpus_of_node, batch) == int(high)


def test_min_free_kbytes_without_khugepaged_is_the_root_of_16_times_memory_in_kib():
    assert min_free_kbytes(1 << 20, PAGE_BYTES) == 8192  # 4 GiB: sqrt(4 Mi * 16)
    assert min_free_kbytes(1 << 18, 16384) == 8192  # the same memory in larger pages


def test_min_free_kbytes_stays_between_128_kib_and_256_mib():
    assert min_free_kbytes(16, PAGE_BYTES) == 128
    assert min_free_kbytes(1 << 40, PAGE_BYTES) == 262_144


def test_khugepaged_takes_at_most_a_twentieth_of_memory():
    assert min_free_kbytes(200_000, PAGE_BYTES, huge_page_zones=3) == 10_000 * 4


def test_a_zone_that_is_all_of_memory_gets_all_of_min_free():
    minimum, low, high = zone_watermarks(1 << 20, PAGE_BYTES)
    assert (minimum, low, high) == (2048, 2048 + 1048, 2048 + 2 * 1048)


def test_batch_is_one_less_than_a_power_of_two_and_at_most_63_pages_of_4_kib():
    assert [zone_batch_pages(1 << n, PAGE_BYTES) for n in (0, 12, 16, 18, 30)] == [1, 1, 15, 63, 63]


def test_high_is_at_least_four_batches():
    assert pcp_high_pages(1000, 16, 63) == 252
    assert pcp_high_pages(6300, 16, 63) == 393


@given(st.integers(1, 1 << 36), st.sampled_from([4096, 16384, 65536]))
def test_watermarks_rise_and_batches_are_positive(managed, page_bytes):
    minimum, low, high = zone_watermarks(managed, page_bytes)
    assert 0 <= minimum <= low <= high
    assert high - low == low - minimum
    batch = zone_batch_pages(managed, page_bytes)
    assert batch >= 1
    assert (batch + 1) & batch == 0
