"""The sizes of a CPU's lists: those of the package and those of the slow model are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from side_by_side import PRESETS
from slow_allocator import PAGE_SIZES, RELEASES, sizes

from pcpbench.kernels.watermarks import pcp_high_range_pages, zone_batch_pages

MANAGED = st.integers(1, 1 << 32) | st.integers(1, 1 << 19)
PAGE_BYTES = st.sampled_from(sorted(PAGE_SIZES))


@given(managed=MANAGED, page_bytes=PAGE_BYTES)
def test_the_batch_is_the_same(managed: int, page_bytes: int) -> None:
    assert zone_batch_pages(managed, page_bytes) == max(sizes.batchsize(managed, page_bytes), 1)


@given(
    release=st.sampled_from(sorted(RELEASES)),
    managed=MANAGED,
    page_bytes=PAGE_BYTES,
    share=st.integers(1, 10_000),
    cpus=st.integers(1, 1024),
)
def test_the_limits_are_the_same(
    release: str, managed: int, page_bytes: int, share: int, cpus: int
) -> None:
    low = managed // share
    rule = PRESETS[release].word("pcp_high")
    got = pcp_high_range_pages(rule, managed, page_bytes, low, cpus)
    assert got == sizes.limits(release, managed, page_bytes, low, cpus)
