"""Resynchronising: recordings are followed, misses counted, and lists left whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pcpbench._native import Replay
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.trace.replay.case import find_case, read_snapshot
from pcpbench.trace.source import read_chunks

SHIPPED = Path(__file__).parents[1] / "data" / "replay"
SHARED = Path(__file__).parents[3] / "shared" / "traces"
PRESETS = {path.stem: load_preset(path) for path in pcpbench_kernels()}
KERNELS = {"5.10": "v5.10.y", "6.1": "v6.1.y", "6.12": "v6.12.y", "7.2": "v7.2"}
HARD = ("pressure", "hotplug", "frag")


def follow(folder, kernel, *, inputs="order", text=None):
    """The score of a replay that resynchronises, and the first contradiction in its lists."""
    case = find_case(str(folder))
    policy = dict(list_policy(PRESETS[kernel], 4096))
    native = Replay(policy, read_snapshot(case.before), inputs=inputs, resync=True)
    for chunk in [text] if text is not None else read_chunks(case.text):
        assert native.feed(chunk)
    assert native.finish(None if case.after is None else read_snapshot(case.after))
    return native.score(), native.check()


def fraction(score, kind="alloc_pfn"):
    tally = score["scores"][kind]
    return tally["exact"] / tally["total"]


def lines_of(folder):
    case = find_case(str(folder))
    return b"".join(read_chunks(case.text)).splitlines(keepends=True)


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda path: path.name)
def test_what_is_predicted_needs_no_resynchronising(folder):
    score, fault = follow(folder, KERNELS[folder.name.split("-")[0]], inputs="facts")
    assert fault == ""
    assert score["resyncs"] == 0
    assert score["resync_causes"] == {}
    assert all(tally["exact"] == tally["total"] for tally in score["scores"].values())
    assert score["final_counters"]["exact"] == score["final_counters"]["total"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the large recordings are not here")
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", HARD)
def test_what_no_call_determines_is_followed_with_its_causes(kernel, name):
    score, fault = follow(SHARED / kernel / name, KERNELS[kernel])
    assert fault == ""
    assert fraction(score) >= 0.99
    assert fraction(score, "refill_pfn") >= 0.99
    assert 0 < score["resyncs"] == sum(score["resync_causes"].values())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ["5.10-thp", "6.1-bulk", "6.12-bulk", "7.2-thp"])
def test_lists_stay_whole_whatever_lines_are_missing(name, seed):
    # A recording must not lose lines; one that did is the hardest case for what is put right.
    draw = random.Random(seed)
    kinds = (b": mm_page_alloc: ", b": mm_page_alloc_zone_locked: ", b": mm_page_free: ", b" PF ")
    kept = [
        line
        for line in lines_of(SHIPPED / name)
        if not line.startswith(b"#")  # the number of lines, which is no longer true
        and not (any(kind in line for kind in kinds) and draw.random() < 0.02)
    ]
    score, fault = follow(SHIPPED / name, KERNELS[name.split("-")[0]], text=b"".join(kept))
    assert fault == ""
    assert score["resyncs"] > 0
    assert score["resyncs"] == sum(score["resync_causes"].values())
    assert fraction(score) > 0.9


def test_one_changed_answer_costs_one_miss(tmp_path):
    lines = lines_of(SHIPPED / "5.10-thp")
    at = next(
        i
        for i, line in enumerate(lines)
        if b": mm_page_alloc: " in line and b"order=0" in line and i > len(lines) // 2
    )
    before, rest = lines[at].split(b" pfn=", 1)
    pfn, after = rest.split(b" ", 1)
    lines[at] = b"%s pfn=%d %s" % (before, int(pfn) + 3, after)
    score, fault = follow(SHIPPED / "5.10-thp", "v5.10.y", text=b"".join(lines))
    tally = score["scores"]["alloc_pfn"]
    assert fault == ""
    assert (
        1 <= tally["total"] - tally["exact"] <= 5
    )  # those between it and the right one count as gone
    assert score["resync_causes"]["page of an allocation"] >= 1
