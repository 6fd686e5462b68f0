"""Reading recordings: every packing gives the same rows, every damage one clear error."""

import gzip
import hashlib
import importlib
import json
import lzma
import sys

import pytest

from pcpbench.errors import InputError
from pcpbench.trace.recording import load_recording


def events(writer, count=200):
    return [(n % 2, writer.alloc(100 + n)) for n in range(count)]


def problems_of(path):
    with pytest.raises(InputError) as raised:
        load_recording(path)
    return raised.value.problems


def case_folder(writer, head, *, packed=True):
    folder = writer.folder / "case"
    folder.mkdir()
    text = writer.text_of(events(writer)).encode()
    if packed:
        (folder / "trace.txt.xz").write_bytes(lzma.compress(text))
    else:
        (folder / "trace.txt").write_bytes(text)
    (folder / "meta.json").write_text(json.dumps(head))
    return folder, hashlib.sha256(text).hexdigest()


def test_plain_gz_and_xz_give_the_same_rows(writer):
    plain = writer.file(*events(writer))
    content = plain.read_bytes()
    read = [load_recording(plain)]
    for name, pack in (("a.gz", gzip.compress), ("b.xz", lzma.compress)):
        (writer.folder / name).write_bytes(pack(content))
        read.append(load_recording(writer.folder / name))
    for recording in read:
        assert recording.columns["pfn"].tolist() == list(range(100, 300))
        assert recording.cpus == (0, 1)
        assert recording.text_sha256 == hashlib.sha256(content).hexdigest()


def zstd_compress(content):
    """With what this Python has; a skip where it has neither."""
    if sys.version_info >= (3, 14):
        zstd = importlib.import_module("compression.zstd")
        return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})
    module = pytest.importorskip("zstandard")
    return module.ZstdCompressor(write_checksum=True).compress(content)


def test_zstd_gives_the_same_rows_frame_after_frame(writer):
    plain = writer.file(*events(writer, 5000))
    content = plain.read_bytes()
    half = len(content) // 2
    (writer.folder / "a.zst").write_bytes(zstd_compress(content))
    # Two frames, as `zstd` makes of appended files.
    (writer.folder / "b.zst").write_bytes(
        zstd_compress(content[:half]) + zstd_compress(content[half:])
    )
    for name in ("a.zst", "b.zst"):
        recording = load_recording(writer.folder / name)
        assert recording.text_sha256 == hashlib.sha256(content).hexdigest()
        assert recording.columns["pfn"].tolist() == list(range(100, 5100))


def test_zstd_is_refused_where_no_module_can_read_it(writer, monkeypatch):
    path = writer.folder / "trace.zst"
    path.write_bytes(b"\x28\xb5\x2f\xfd" + b"rest")
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    (problem,) = problems_of(path)
    assert "zstd" in problem.thing
    assert "zstd -d" in problem.remedy


def test_a_case_folder_gives_kernel_and_clock(writer):
    folder, digest = case_folder(writer, {"kernel": "5.10.0", "tsc_khz": 2_000_000})
    recording = load_recording(folder)
    assert (recording.kernel, recording.tick_ns) == ("5.10.0", 0.5)
    assert recording.path == folder / "trace.txt.xz"
    assert recording.text_sha256 == digest


def test_a_plain_text_in_a_case_folder_is_found(writer):
    folder, _ = case_folder(writer, {}, packed=False)
    assert len(load_recording(folder).columns["pfn"]) == 200


def test_a_relative_path_starts_at_the_given_folder(writer):
    writer.file(*events(writer), name="mine.txt")
    assert load_recording("mine.txt", relative_to=writer.folder).lines == 203


def test_a_clock_in_seconds_needs_no_head(writer):
    path = writer.folder / "t"
    path.write_text("t-1 [000] .... 1.5: mm_page_alloc: pfn=1 order=0 migratetype=0\n")
    recording = load_recording(path)
    assert recording.tick_ns == 1.0
    assert recording.columns["time"].tolist() == [1_500_000_000]


def test_a_text_in_ticks_without_head_has_no_clock(writer):
    assert load_recording(writer.file(*events(writer))).tick_ns is None


def test_the_shipped_recording_is_found_by_name_from_anywhere(tmp_path):
    recording = load_recording("recordings/linux-5.10-pressure", relative_to=tmp_path)
    assert recording.kernel.startswith("5.10")


def test_a_misspelt_name_is_answered_with_the_shipped_one(tmp_path):
    with pytest.raises(InputError) as raised:
        load_recording("recordings/linux-5.10-presure", relative_to=tmp_path)
    assert "did you mean 'recordings/linux-5.10-pressure'?" in str(raised.value)


@pytest.mark.parametrize("case", ["", "recordings/..", "recordings", "../recordings/x"])
def test_a_name_that_is_no_recording_is_a_clear_error(case, tmp_path):
    with pytest.raises(InputError, match="no recording"):
        load_recording(case, relative_to=tmp_path)


def test_a_folder_without_recording_says_what_it_needs(tmp_path):
    (problem,) = problems_of(tmp_path)
    assert "trace.txt.xz" in problem.remedy


def test_a_text_cut_in_mid_line_names_the_line(writer):
    path = writer.file(*events(writer), header=False)
    path.write_bytes(path.read_bytes()[:-10])
    (problem,) = problems_of(path)
    assert "middle of a line" in problem.thing
    assert problem.place == f"{path}:202"


def test_a_text_cut_between_lines_is_found_by_its_header(writer):
    path = writer.file(*events(writer))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-50]))
    (problem,) = problems_of(path)
    assert "150 events of the 200 in its header" in problem.thing
    assert problem.place == f"{path}:153"


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstd_compress])
def test_a_packed_file_that_ends_early_is_one_clear_error(writer, pack):
    path = writer.file(*events(writer, 5000))
    packed = pack(path.read_bytes())
    path.write_bytes(packed[: len(packed) * 2 // 3])
    (problem,) = problems_of(path)
    assert "ends early" in problem.thing
    assert problem.place.startswith(f"{path}:")
    assert problem.remedy


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstd_compress])
def test_a_packed_file_with_flipped_bytes_is_one_clear_error(writer, pack):
    path = writer.file(*events(writer, 5000))
    packed = bytearray(pack(path.read_bytes()))
    middle = len(packed) // 2
    packed[middle : middle + 20] = b"\xff" * 20
    path.write_bytes(packed)
    things = "\n".join(problem.thing for problem in problems_of(path))
    assert "broken" in things or "ends early" in things


def test_lost_overwritten_and_malformed_lines_come_at_once_with_places(writer):
    path = writer.folder / "t"
    path.write_text(
        "# entries-in-buffer/entries-written: 2/9   #P:1\n"
        "CPU:0 [LOST 7 EVENTS]\n"
        "t-1 [000] .... 9: mm_page_alloc: pfn=x order=0 migratetype=0\n"
        "t-1 [000] .... 5: mm_page_free: pfn=1 order=0\n"
    )
    lost, overwritten, malformed, backwards = problems_of(path)
    assert lost.thing == "7 events were lost"
    assert lost.place == f"{path}:2"
    assert overwritten.thing == "7 events were overwritten"
    assert malformed.place == f"{path}:3"
    assert "pfn=x" in malformed.thing
    assert backwards.place == f"{path}:4"


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 500 + b"\n", b"{}\n", b"# only\n"])
def test_what_is_no_recording_is_a_clear_error(writer, content):
    path = writer.folder / "t"
    path.write_bytes(content)
    (problem,) = problems_of(path)
    assert str(path) in problem.place
    assert problem.remedy


def test_a_text_without_allocator_events_names_the_events(writer):
    path = writer.file((0, "sched_switch: prev=a"))
    (problem,) = problems_of(path)
    assert "mm_page_alloc" in problem.remedy


def test_a_text_that_is_not_the_one_of_its_head_is_refused(writer):
    folder, digest = case_folder(writer, {"sha256": {"trace.txt": "0" * 64}})
    (problem,) = problems_of(folder)
    assert "sha256" in problem.thing
    (folder / "meta.json").write_text(json.dumps({"sha256": {"trace.txt": digest}}))
    assert load_recording(folder).lines == 203


@pytest.mark.parametrize(
    ("head", "thing"),
    [
        ("{", "not JSON"),
        ("[]", "not a mapping"),
        ('{"tsc_khz": 0}', "tsc_khz"),
        ('{"tsc_khz": true}', "tsc_khz"),
        ('{"kernel": 5}', "kernel"),
        ('{"sha256": []}', "sha256"),
        ('{"lost_events": 3}', "3 events were lost"),
        ('{"complete": false}', "incomplete"),
    ],
)
def test_a_bad_head_is_a_clear_error(writer, head, thing):
    folder, _ = case_folder(writer, {})
    (folder / "meta.json").write_text(head)
    (problem,) = problems_of(folder)
    assert thing in problem.thing
    assert str(folder / "meta.json") in problem.place


def test_a_folder_that_cannot_be_opened_is_a_clear_error(writer):
    (writer.folder / "case").mkdir()
    (writer.folder / "case" / "trace.txt").symlink_to("/nonexistent/trace")
    (problem,) = problems_of(writer.folder / "case")
    assert "holds no recording" in problem.thing
