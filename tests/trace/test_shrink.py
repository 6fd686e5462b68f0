"""Shrinking: a window of a recording gives the same calls, smaller, and says where it is from."""

import json
import lzma
from pathlib import Path

import pytest

from pcpbench.errors import InputError
from pcpbench.trace.calls import match_calls
from pcpbench.trace.recording import load_recording
from pcpbench.trace.shrink import main, shrink
from pcpbench.trace.source import SHIPPED


@pytest.fixture
def recorded(writer):
    noise = "kp_pre: K gpff gfp=1"
    events = [(0, writer.alloc(1)), (0, noise)]
    for pfn in range(10, 40):
        events += [(1, writer.alloc(pfn)), (0, noise), (1, writer.drain), (0, writer.free(pfn))]
    events += [(0, writer.free(1)), (0, "kp_pre: PF n=0 z=DMA c=0 o=0 m=2 pfn=1 count=3")]
    return writer.file(*events)


def shrunk(recorded, out, first=1, last=10_000):
    shrink(str(recorded), out, first_line=first, last_line=last, source="a test")
    return load_recording(out)


def test_the_whole_shrunk_gives_the_same_calls(recorded, tmp_path):
    before = match_calls(load_recording(recorded))
    after = match_calls(shrunk(recorded, tmp_path / "out"))
    assert (after.op, after.cpu, after.block) == (before.op, before.cpu, before.block)
    assert after.time == before.time


def test_only_needed_lines_and_fields_are_kept(recorded, tmp_path):
    shrunk(recorded, tmp_path / "out")
    text = lzma.decompress((tmp_path / "out" / "trace.txt.xz").read_bytes()).decode()
    assert "gpff" not in text
    assert "page=" not in text
    assert "PF " not in text  # page 1 was allocated in the window: its type is known


def test_a_page_from_before_the_window_keeps_the_line_with_its_type(recorded, tmp_path):
    calls = match_calls(shrunk(recorded, tmp_path / "out", first=6))
    (before,) = [block for block in calls.blocks if block.alloc < 0]
    assert before.migratetype == 2


def test_the_head_says_what_was_cut(recorded, tmp_path):
    shrunk(recorded, tmp_path / "out", first=6, last=60)
    head = json.loads((tmp_path / "out" / "meta.json").read_text())
    assert head["cut"].endswith("lines 6-60")
    assert head["source"] == "a test"
    assert head["cut_from_sha256"] == load_recording(recorded).text_sha256


def test_a_window_without_calls_is_an_error(recorded, tmp_path):
    with pytest.raises(InputError, match="no call lies in the window"):
        shrunk(recorded, tmp_path / "out", first=9000, last=9001)
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(recorded, tmp_path):
    with pytest.raises(InputError, match="exists already"):
        shrunk(recorded, tmp_path)


def test_the_command_writes_and_reports_errors_with_their_code(recorded, tmp_path, capsys):
    out = tmp_path / "out"
    assert main([str(recorded), str(out), "--lines", "1-50"]) == 0
    assert main([str(recorded), str(out), "--lines", "1-50"]) == 2
    assert "exists already" in capsys.readouterr().err
    for window in ("5", "5-", "9-5", "0-5", "a-b"):
        with pytest.raises(SystemExit):
            main([str(recorded), str(tmp_path / "other"), "--lines", window])


def test_shipped_recordings_are_small_and_name_their_source():
    folders = [folder for folder in SHIPPED.iterdir() if folder.is_dir()]
    assert folders
    for folder in folders:
        assert sum(file.stat().st_size for file in folder.iterdir()) < 1_000_000
        head = json.loads((folder / "meta.json").read_text())
        for key in ("kernel", "source", "cut", "trace_clock", "tsc_khz", "recorded_cpus"):
            assert head[key], key
        assert load_recording(Path(folder)).cpus == tuple(head["recorded_cpus"])
