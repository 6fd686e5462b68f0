"""Recording the running kernel: for real where this machine lets us, and every refusal."""

from __future__ import annotations

import io
import json
import lzma
import os
import signal
import sys
import threading
import time

import pytest

from pcpbench.cli.main import main
from pcpbench.errors import EnvironmentFailed, InputError
from pcpbench.trace.record.session import Recorded, Request, record
from pcpbench.trace.record.text import BEGIN, END, write_text
from pcpbench.trace.record.tracefs import TRACEFS, check_access, processes_of
from pcpbench.trace.recording import load_recording

INSTANCES = TRACEFS / "instances"
CAN_RECORD = (
    os.geteuid() == 0 and os.access(INSTANCES, os.W_OK) and (TRACEFS / "events/kmem").is_dir()
)
real = pytest.mark.skipif(not CAN_RECORD, reason="needs root and tracefs")
# Maps, touches and unmaps so many MiB.
TOUCH = "import mmap\nfor i in range({mib}):\n m=mmap.mmap(-1,1<<20)\n for j in range(0,1<<20,4096): m[j]=1\n m.close()"  # noqa: E501


def touching(mib):
    return (sys.executable, "-S", "-c", TOUCH.format(mib=mib))


def own_instances():
    return {path.name for path in INSTANCES.iterdir() if path.name.startswith("pcpbench-")}


@real
def test_a_recording_of_this_kernel_is_a_case_that_can_be_read(tmp_path):
    told = []
    recorded = record(
        Request(folder=tmp_path / "case", command=touching(16), buffer_kib=65536), told.append
    )
    assert recorded.lost == []
    assert recorded.command_exit == 0
    assert "KiB of buffer for each CPU" in told[0]
    recording = load_recording(tmp_path / "case")
    # Each touched page was allocated while it was recorded.
    assert (recording.columns["kind"] == 0).sum() >= 16 * 256
    assert recording.kernel == os.uname().release
    assert recording.tick_ns is not None
    assert (tmp_path / "case" / "before" / "zoneinfo").read_text().startswith("Node 0")
    head = json.loads((tmp_path / "case" / "meta.json").read_text())
    assert (head["complete"], head["lost_events"]) == (True, 0)
    assert head["tasks"]["events"]["command"] >= 16 * 256
    assert head["tasks"]["recorder_pid"] == os.getpid()
    assert sum(head["tasks"]["events"].values()) == recorded.events


@real
def test_the_measured_rate_of_the_clock_is_that_of_the_kernel(tmp_path):
    # Of a command: an idle machine may have no event in any given time.
    request = Request(folder=tmp_path / "case", command=touching(16), buffer_kib=65536)
    recorded = record(request, str)
    recording = load_recording(tmp_path / "case")
    spanned_ns = (recording.columns["time"][-1] - recording.columns["time"][0]) * recording.tick_ns
    assert 0 < spanned_ns / 1e9 <= recorded.seconds * 1.01


@real
def test_a_buffer_that_is_too_small_makes_an_incomplete_recording_that_nothing_accepts(
    tmp_path, capsys
):
    folder = tmp_path / "case"
    words = ["record", "-o", str(folder), "--buffer", "8 KiB", "--", *touching(64)]
    assert main(words) == 5
    shown = capsys.readouterr().err
    assert "incomplete" in shown and "--buffer" in shown
    head = json.loads((folder / "meta.json").read_text())
    assert head["complete"] is False
    assert head["lost_events"] > 1000
    assert any("dropped events" in why or "overrun" in why for why in head["incomplete_because"])
    # It is kept, and neither the workload nor the replay takes it.
    assert (folder / "trace.txt.xz").stat().st_size > 1000
    with pytest.raises(InputError, match="events were lost while recording"):
        load_recording(folder)
    assert main(["replay", str(folder)]) == 2
    assert "events were lost while recording" in capsys.readouterr().err


class Interrupter:
    """Sends this process a signal once its own instance traces."""

    def __init__(self, number):
        self.number = number

    def __call__(self, text):
        if text.startswith("recording"):
            threading.Thread(target=self.send, daemon=True).start()

    def send(self):
        switch = INSTANCES / f"pcpbench-{os.getpid()}" / "tracing_on"
        while switch.read_text() != "1\n":
            time.sleep(0.01)
        os.kill(os.getpid(), self.number)


@real
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_recording_is_kept_and_the_instance_removed(tmp_path, number):
    before = own_instances()
    request = Request(folder=tmp_path / "case", command=("sleep", "60"), buffer_kib=65536)
    recorded = record(request, Interrupter(number))
    assert recorded.interrupted
    assert recorded.seconds < 30
    assert own_instances() == before
    head = json.loads((tmp_path / "case" / "meta.json").read_text())
    assert (head["interrupted"], head["complete"]) == (True, True)
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


@real
def test_without_a_command_and_a_time_an_interruption_is_the_meant_end(tmp_path):
    request = Request(folder=tmp_path / "case", buffer_kib=65536)
    recorded = record(request, Interrupter(signal.SIGINT))
    assert not recorded.interrupted
    assert recorded.events > 0


@real
def test_an_error_while_recording_leaves_neither_instance_nor_folder(tmp_path):
    before = own_instances()

    def fail(_text):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        record(Request(folder=tmp_path / "case", seconds=1, buffer_kib=1024), fail)
    assert own_instances() == before
    assert list(tmp_path.iterdir()) == []


@real
def test_what_a_killed_recording_left_behind_is_removed_by_the_next(tmp_path):
    left = INSTANCES / "pcpbench-4194305"  # above the largest pid there can be
    left.mkdir()
    record(Request(folder=tmp_path / "case", seconds=0.05, buffer_kib=1024), str)
    assert not left.exists()


def test_without_root_it_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["record", "-o", str(tmp_path / "case")]) == 5
    assert "needs root" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_without_tracefs_it_says_how_to_mount_it(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(EnvironmentFailed, match="mount -t tracefs nodev /sys/kernel/tracing"):
        check_access(tmp_path)


def test_a_program_that_is_not_there_is_an_input_error_before_anything_is_made(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "tracefs" / "instances").mkdir(parents=True)
    request = Request(
        folder=tmp_path / "case", command=("no-such-program",), tracefs=tmp_path / "tracefs"
    )
    with pytest.raises(InputError, match="no program 'no-such-program'"):
        record(request, str)
    assert list((tmp_path / "tracefs" / "instances").iterdir()) == []


def test_a_folder_that_exists_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (tmp_path / "tracefs" / "instances").mkdir(parents=True)
    (tmp_path / "case").mkdir()
    with pytest.raises(InputError, match="exists already"):
        record(Request(folder=tmp_path / "case", tracefs=tmp_path / "tracefs"), str)


@pytest.mark.parametrize(
    "words",
    [["--seconds", "0"], ["--seconds", "x"], ["--buffer", "0 KiB"], ["--buffer", "64"]],
)
def test_a_bad_option_is_an_input_error(words, capsys):
    assert main(["record", *words]) == 2
    assert "must be a" in capsys.readouterr().err


def test_an_interrupted_recording_ends_the_command_with_130(monkeypatch, tmp_path, capsys):
    recorded = Recorded(
        folder=tmp_path,
        events=5,
        seconds=1.0,
        lost=(),
        interrupted=True,
        command_exit=None,
        absent=(),
    )
    monkeypatch.setattr("pcpbench.trace.record.session.record", lambda *_: recorded)
    assert main(["record", "-o", str(tmp_path)]) == 130
    assert "whole" in capsys.readouterr().err


TEXT = f"""\
# entries-in-buffer/entries-written: {{kept}}/{{written}}   #P:2
     a b-10      [000] ..... 1000000: tracing_mark_write: {BEGIN} mono_ns=5000
       sh-10     [000] ..... 1000100: sched_process_fork: comm=sh pid=10 child_comm=sh child_pid=11
       sh-11     [001] ..... 1000200: mm_page_free: page=1 pfn=0x10 order=0
       sh-12     [001] ..... 1000300: mm_page_free: page=1 pfn=0x11 order=0
     a b-10      [000] ..... 3000000: tracing_mark_write: {END} mono_ns=1005000
"""


def facts_of(text, folder):
    return write_text(io.BytesIO(text.encode()), folder / "t.xz")


def test_the_text_is_packed_as_it_is_and_counted(tmp_path):
    text = TEXT.format(kept=5, written=5)
    facts = facts_of(text, tmp_path)
    assert lzma.decompress((tmp_path / "t.xz").read_bytes()).decode() == text
    assert facts.events == {"mm_page_free": 2, "sched_process_fork": 1, "tracing_mark_write": 2}
    assert facts.by_pid == {10: 3, 11: 1, 12: 1}
    assert (facts.lost, facts.missing) == (0, 0)
    assert facts.tsc_khz() == 2_000_000  # two million ticks in a millisecond
    assert processes_of(facts.forks, 10) == [10, 11]


@pytest.mark.parametrize(
    ("kept", "written", "more", "lost", "missing"),
    [(5, 9, "", 4, 0), (7, 7, "", 0, 2), (5, 5, "CPU:1 [LOST 6 EVENTS]\n", 6, 0)],
)
def test_a_text_that_lacks_events_is_found_out(tmp_path, kept, written, more, lost, missing):
    facts = facts_of(TEXT.format(kept=kept, written=written) + more, tmp_path)
    assert (facts.lost, facts.missing) == (lost, missing)
