"""The trace workload: copies of a recording on groups of CPUs, begun where the seed says."""

import gzip
import importlib
import lzma
import sys
from functools import partial

import numpy as np
import pytest

from pcpbench.errors import InputError
from pcpbench.plugin.workload import ALLOC, DRAIN, FREE, OpStream, WorkloadContext
from pcpbench.trace.source import SHIPPED, find_text, read_chunks
from pcpbench.workloads.trace import TraceWorkload

GIB_PAGES = 1 << 18


def context(cpus, *, seed=1, managed_pages=GIB_PAGES, relative_to="."):
    return WorkloadContext(
        cpus=tuple(cpus),
        managed_pages=managed_pages,
        page_bytes=4096,
        housekeeping_cpus=len(cpus),
        seed=seed,
        time_ns=1_000_000_000,
        relative_to=relative_to,
    )


def streams(cpus=range(12), *, gaps="fixed(1600)", case=None, **options):
    parameters = {"gaps": gaps} | ({} if case is None else {"case": case})
    return list(TraceWorkload(**parameters).streams(context(cpus, **options)))


def by_group(made):
    groups = {}
    for stream in made:
        groups.setdefault(stream.slot_group, []).append(stream)
    return groups


def calls_per_second(stream):
    calls = np.count_nonzero((stream.op == ALLOC) | (stream.op == FREE))
    return calls / stream.gap_ns.sum(dtype=np.int64) * 1e9


def zstd_compress(content):
    if sys.version_info >= (3, 14):
        zstd = importlib.import_module("compression.zstd")
        return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})
    module = pytest.importorskip("zstandard")
    return module.ZstdCompressor(write_checksum=True).compress(content)


PACKINGS = {
    "trace.txt": bytes,
    "trace.txt.gz": gzip.compress,
    "trace.txt.xz": partial(lzma.compress, preset=0),
    "trace.txt.zst": zstd_compress,
    "any-name": gzip.compress,
}


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("in_folder", [True, False])
def test_a_case_and_a_raw_text_in_any_packing_give_the_same_streams(tmp_path, name, in_folder):
    text = b"".join(read_chunks(find_text(SHIPPED / "linux-5.10-pressure")))
    (tmp_path / name).write_bytes(PACKINGS[name](text))
    if in_folder and name == "any-name":
        with pytest.raises(InputError, match="holds no recording"):
            streams(range(4), case=".", relative_to=str(tmp_path))
        return
    made = streams(range(4), case="." if in_folder else name, relative_to=str(tmp_path))
    for stream, shipped in zip(made, streams(range(4)), strict=True):
        for column in ("op", "order", "migratetype", "slot", "gap_ns"):
            assert np.array_equal(getattr(stream, column), getattr(shipped, column))
        assert (stream.start, stream.preload) == (shipped.start, shipped.preload)


def test_each_cpu_gets_one_stream():
    made = streams(range(3, 15))
    assert all(isinstance(stream, OpStream) for stream in made)
    assert [stream.cpu for stream in made] == list(range(3, 15))


@pytest.mark.parametrize(
    ("cpus", "sizes"), [(12, [4, 4, 4]), (4, [4]), (5, [2, 3]), (1, [1]), (6, [3, 3]), (9, [3] * 3)]
)
def test_cpus_form_groups_of_neighbours_with_a_copy_each(cpus, sizes):
    groups = by_group(streams(range(cpus)))
    assert [len(group) for group in groups.values()] == sizes
    order = [stream.cpu for group in groups.values() for stream in group]
    assert order == list(range(cpus))
    for group in groups.values():
        calls = sum(np.count_nonzero(stream.op <= DRAIN) for stream in group)
        assert calls == 40_730  # whatever the size, a group makes all calls of the recording
        assert sum(np.count_nonzero(stream.op == DRAIN) for stream in group) == 14


def test_default_gaps_give_every_housekeeping_cpu_a_realistic_rate():
    rates = [calls_per_second(stream) for stream in streams()]
    assert all(300_000 <= rate <= 1_000_000 for rate in rates)
    mean = sum(rates) / len(rates)
    assert mean == pytest.approx(1e9 / 1600, rel=0.01)


def test_tables_fit_the_core():
    for stream in streams():
        dtypes = [getattr(stream, name).dtype for name in ("op", "order", "migratetype")]
        assert dtypes == [np.uint8] * 3
        assert stream.slot.dtype == stream.gap_ns.dtype == np.uint32
        assert 0 <= stream.start < len(stream.op)
        assert stream.slot.max() < stream.slots
        assert stream.order.max() <= 10
        assert stream.migratetype.max() <= 2


def test_a_slot_is_allocated_by_one_cpu_only():
    # Two CPUs in the slow path for one slot at once would lose a page.
    for group in by_group(streams()).values():
        slots = [stream.slot[stream.op == ALLOC] for stream in group]
        together = np.concatenate(slots)
        assert len(np.unique(together)) == len(together)


def test_the_preload_is_what_the_first_round_frees():
    for group in by_group(streams()).values():
        preloaded = [slot for stream in group for slot, _, _ in stream.preload]
        assert len(set(preloaded)) == len(preloaded)
        pages = sum(1 << order for stream in group for _, order, _ in stream.preload)
        assert 1000 < pages < 6000


def test_almost_no_call_of_a_copy_is_idle_from_its_start_on():
    for group in by_group(streams(seed=5)).values():
        held = {slot for stream in group for slot, _, _ in stream.preload}
        queue = []
        for stream in group:
            turned = np.roll(np.arange(len(stream.op)), -stream.start)
            times = np.cumsum(stream.gap_ns[turned], dtype=np.int64)
            rows = zip(times, stream.op[turned], stream.slot[turned], strict=True)
            queue += [(int(time), int(op), int(slot)) for time, op, slot in rows if op <= FREE]
        idle = 0
        for _, op, slot in sorted(queue, key=lambda row: row[0]):
            idle += (op == ALLOC) == (slot in held)
            (held.add if op == ALLOC else held.discard)(slot)
        assert idle < len(queue) / 100


def test_the_seed_moves_where_each_copy_begins_and_nothing_else():
    one, again, other = streams(seed=1), streams(seed=1), streams(seed=2)
    assert [s.start for s in one] == [s.start for s in again]
    assert [s.preload for s in one] == [s.preload for s in again]
    assert all(a.start != b.start for a, b in zip(one, other, strict=True))
    assert all(np.array_equal(a.op, b.op) for a, b in zip(one, other, strict=True))
    copies = [group[0].start / len(group[0].op) for group in by_group(one).values()]
    assert len(set(copies)) == len(copies)


def test_recorded_and_scaled_gaps_change_gaps_only():
    recorded, scaled = streams(range(4), gaps="recorded"), streams(range(4), gaps="scaled(0.5)")
    for a, b in zip(recorded, scaled, strict=True):
        assert a.op[a.op < 3].tolist() == b.op[b.op < 3].tolist()
        half = b.gap_ns.sum(dtype=np.int64) / a.gap_ns.sum(dtype=np.int64)
        assert half == pytest.approx(0.5, rel=1e-4)


def test_reclaim_is_not_simulated_and_the_declaration_is_complete():
    assert TraceWorkload.simulates_reclaim is False
    assert TraceWorkload.kind == "trace"
    assert TraceWorkload.summary and TraceWorkload.source and TraceWorkload.seed_varies
    assert [parameter.name for parameter in TraceWorkload.parameters()] == ["case", "gaps"]


def test_bad_gaps_are_refused_when_the_experiment_is_read():
    with pytest.raises(ValueError, match="gaps is 'fixed'"):
        TraceWorkload(gaps="fixed")


def test_memory_that_cannot_hold_the_copies_is_one_clear_error():
    with pytest.raises(InputError) as raised:
        streams(range(64), managed_pages=GIB_PAGES // 8)
    (problem,) = raised.value.problems
    assert "recordings/linux-5.10-pressure" in problem.thing
    assert "MiB of memory" in problem.remedy


def test_the_shipped_recording_on_64_cpus_fits_one_gib():
    assert len(streams(range(64), managed_pages=GIB_PAGES)) == 64


def test_a_recording_beside_the_experiment_is_found(tmp_path):
    (tmp_path / "mine.txt").write_text(
        "t-1 [002] .... 1.0: mm_page_alloc: pfn=1 order=0 migratetype=0\n"
        "t-1 [005] .... 1.5: mm_page_free: pfn=1 order=0\n"
    )
    made = streams(range(2), case="mine.txt", relative_to=str(tmp_path))
    assert [stream.op[stream.op <= FREE].tolist() for stream in made] == [[ALLOC], [FREE]]


def test_a_truncated_recording_is_one_clear_error(tmp_path):
    (tmp_path / "cut.txt").write_text("t-1 [002] .... 1.0: mm_page_alloc: pfn=1 ord")
    with pytest.raises(InputError, match="middle of a line"):
        streams(range(2), case="cut.txt", relative_to=str(tmp_path))
