"""A recording of any length is streamed: memory grows with the pages, not with the text."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from pcpbench._native import Replay
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.trace.replay.case import find_case, read_snapshot

CASE = Path(__file__).parents[1] / "data" / "replay" / "5.10-thp"
PRESETS = {path.stem: load_preset(path) for path in pcpbench_kernels()}
MIB = 1 << 20
TASK = "              wl-180     [000] "


def resident_bytes() -> int:
    """Most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def text(first: int, rounds: int) -> bytes:
    """So many allocations and frees of one page by one task."""
    page = 0x100 + 0x1000
    return "".join(
        f"{TASK}d...  {time}: mm_page_alloc: page=0 pfn={page} order=0 migratetype=1 "
        f"gfp_flags=GFP_HIGHUSER_MOVABLE|__GFP_ZERO\n"
        f"{TASK}d...  {time + 1}: mm_page_free: page=0 pfn={page} order=0\n"
        f"{TASK}d...  {time + 2}: kp_pre: PF n=0 z=DMA32 c=0 o=0 m=1 pfn={page:x}\n"
        for time in range(first, first + 3 * rounds, 3)
    ).encode()


def grown_bytes(mib: int) -> int:
    """How much memory replaying so much text adds to what a first MiB needs."""
    policy = dict(list_policy(PRESETS["v5.10.y"], 4096))
    native = Replay(policy, read_snapshot(find_case(str(CASE)).before), inputs="order", resync=True)
    rounds = 4000
    time = fed = before = 0
    while fed < mib * MIB:
        chunk = text(time + 1, rounds)
        assert native.feed(chunk)
        time += 3 * rounds
        fed += len(chunk)
        before = before if before else (resident_bytes() if fed > 8 * MIB else 0)
    assert native.finish(None)
    assert native.score()["scores"]["alloc_pfn"]["total"] == time // 3
    assert native.check() == ""
    return resident_bytes() - before


def test_memory_does_not_grow_with_the_text():
    assert grown_bytes(24) < 4 * MIB


@pytest.mark.full
def test_a_gibibyte_is_streamed():
    assert grown_bytes(1024) < 8 * MIB
