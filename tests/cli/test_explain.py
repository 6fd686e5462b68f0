"""Tests `pcpbench explain` and `pcpbench timeline` on a run, and the refusals of both."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections import Counter, defaultdict
from contextlib import chdir, closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from pcpbench.cli.main import main

SHIPPED = "recordings/linux-5.10-pressure"
MANY_DRAINS = ("--set", "drains.rate=2 k/s", "--set", "simulate.time=20 ms")


@pytest.fixture(scope="module")
def made(tmp_path_factory, experiment_text):
    """A run with many drains, made once."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "small.yaml").write_text(experiment_text)
    words = ("run", "small.yaml", "--output", "run.sqlite", "--jobs", "1", *MANY_DRAINS)
    with chdir(folder), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        assert main(words) == 0
    return folder / "run.sqlite"


@pytest.fixture
def run_file(made, tmp_path):
    return Path(shutil.copy(made, tmp_path / "run.sqlite"))


@pytest.fixture
def pcpbench_command(tmp_path):
    """``pcpbench WORDS`` in the folder ``tmp_path``, in this process, which is quicker."""

    def call(*words):
        out, err = StringIO(), StringIO()
        with chdir(tmp_path), redirect_stdout(out), redirect_stderr(err):
            code = main([str(word) for word in words])
        return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())

    return call


def stored(path, metric):
    """Values of a metric by (strategy, seed), straight from the file."""
    with closing(sqlite3.connect(path)) as connection, connection:
        rows = connection.execute("SELECT cell, metrics FROM cells JOIN results USING (position)")
        found = [(json.loads(cell), json.loads(metrics)) for cell, metrics in rows]
    return {(cell["strategy"]["label"], cell["seed"]): m[metric] for cell, m in found}


def test_the_slowest_call_is_the_one_of_the_run(pcpbench_command, run_file):
    done = pcpbench_command("explain", run_file, "workqueue", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["format"] == "pcpbench-explain/1"
    slowest = stored(run_file, "alloc.latency_ns.max")
    seed = told["cell"]["seed"]
    of_seeds = {key[1]: value for key, value in slowest.items() if key[0] == "workqueue"}
    assert of_seeds[seed] == max(of_seeds.values())
    call, noise = told["explanations"]
    assert call["event"]["length_ns"] == of_seeds[seed]
    worst = stored(run_file, "isolated.max_single_noise_ns")["workqueue", seed]
    assert (noise["event"] or {"length_ns": 0})["length_ns"] == worst
    end = call["event"]["begin_ns"] + call["event"]["length_ns"]
    assert any(e["begin_ns"] <= end for e in call["events"])


def test_a_drain_is_explained_in_eighty_columns(pcpbench_command, run_file):
    done = pcpbench_command(
        "explain", run_file, "workqueue", "seed=1", "--metric", "drain.latency_ns"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    text = " ".join(done.stdout.split())
    assert "The longest drain took" in text
    assert "the last to answer was CPU" in text
    assert "strategy workqueue, seed 1" in text


def test_cells_have_the_numbers_of_the_csv_form(pcpbench_command, run_file):
    rows = pcpbench_command("report", run_file, "--format", "csv-cells").stdout.splitlines()
    header = rows[0].split(",")
    row = dict(zip(header, rows[3].split(","), strict=True))
    told = json.loads(pcpbench_command("explain", run_file, row["cell"], "--json").stdout)
    assert (told["cell"]["strategy"], str(told["cell"]["seed"])) == (row["strategy"], row["seed"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["workqeue"], "no finished cell is called 'workqeue'; did you mean 'workqueue'?"),
        (["99"], "the run has no finished cell 99; the finished ones are 1 to 4"),
        ([], "with strategy workqueue or spinlock-trylock; say which"),
        (["1", "--metric", "alloc.latncy_ns.max"], "did you mean 'alloc.latency_ns.max'?"),
        (["1", "--metric", "memory.strategy_bytes"], "no single event decides the metric"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(pcpbench_command, run_file, words, told):
    done = pcpbench_command("explain", run_file, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_another_engine_is_refused_as_by_resume(pcpbench_command, run_file):
    with closing(sqlite3.connect(run_file)) as connection, connection:
        connection.execute("UPDATE sessions SET engine = 'another'")
    for command in ("explain", "timeline"):
        done = pcpbench_command(command, run_file, "1")
        assert (done.returncode, done.stdout) == (2, "")
        assert "its cells were simulated by engine another" in done.stderr


def test_a_plugin_that_changed_is_refused(pcpbench_command, experiment, guest, tmp_path):
    path = tmp_path / "run.sqlite"
    plugin = guest("yield d.scan_counts()")
    words = ("--set", "strategies=[workqueue, guest]", "-p", plugin, "--output", path)
    assert pcpbench_command("run", experiment, *words).returncode == 0
    assert pcpbench_command("explain", path, "guest").returncode == 0
    guest("yield d.drain_remote(0)")
    done = pcpbench_command("explain", path, "guest")
    assert done.returncode == 2
    assert "guest_plugin.py' is not what it was" in done.stderr


def test_numbers_that_do_not_come_again_are_told(pcpbench_command, run_file):
    with closing(sqlite3.connect(run_file)) as connection, connection:
        connection.execute("UPDATE results SET metrics = json_set(metrics, '$.\"drain.ipis\"', -1)")
    done = pcpbench_command("explain", run_file, "1")
    assert done.returncode == 2
    assert "the cell gives other numbers than those in the run file" in done.stderr


def trace_events(path):
    """The events of a file, checked by the rules of the trace event format."""
    document = json.loads(path.read_text())
    assert set(document) == {"displayTimeUnit", "traceEvents"}
    open_ids = Counter()
    arrows = Counter()
    for event in document["traceEvents"]:
        assert isinstance(event["name"], str)
        assert type(event["pid"]) is int and type(event["tid"]) is int
        if event["ph"] == "M":
            assert event["args"]
            continue
        assert event["ts"] >= 0
        if event["ph"] == "X":
            assert event["dur"] >= 0
        elif event["ph"] in "be":
            open_ids[event["cat"], event["id"], event["name"]] += 1 if event["ph"] == "b" else -1
        else:
            assert event["ph"] in "sf" and (event["ph"] == "s" or event["bp"] == "e")
            arrows[event["id"]] += 1 if event["ph"] == "s" else -1
    assert set(open_ids.values()) <= {0}
    assert all(count >= 0 for count in arrows.values())  # no arrow ends that has not begun
    return document["traceEvents"]


def check_nesting(events):
    """On a thread a span lies within another, or apart from it."""
    rows = defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            begin = round(event["ts"] * 1e6)
            rows[event["tid"]].append((begin, -(begin + round(event["dur"] * 1e6))))
    for spans in rows.values():
        outer = []
        for begin, minus_end in sorted(spans):
            while outer and outer[-1] <= begin:
                outer.pop()
            assert not outer or -minus_end <= outer[-1] + 2  # rounding to a microsecond's 10^-6
            outer.append(-minus_end)
    return rows


def test_a_cell_has_a_row_for_each_cpu_and_arrows_to_targets(pcpbench_command, run_file, tmp_path):
    path = tmp_path / "drains.json"
    done = pcpbench_command("timeline", run_file, "workqueue", "seed=2", "-o", path)
    assert (done.returncode, done.stdout) == (0, "")
    events = trace_events(path)
    check_nesting(events)
    named = {e["tid"] for e in events if e["name"] == "thread_name"}
    assert named == {0, 1, 2}
    categories = {e.get("cat") for e in events}
    assert {"drain", "refill", "flush", "lock", "interruption", "arrow"} <= categories
    starts = {e["id"]: e for e in events if e["ph"] == "s"}
    ends = [e for e in events if e["ph"] == "f"]
    assert ends
    for end in ends:
        start = starts[end["id"]]
        assert start["ts"] <= end["ts"]
        assert end["id"].endswith(f"-{end['tid']}")


def test_a_part_of_a_timeline_is_written(pcpbench_command, run_file, tmp_path):
    path = tmp_path / "part.json"
    words = ("spinlock-trylock", "seed=1", "--from", "10 ms", "--to", "12 ms")
    assert pcpbench_command("timeline", run_file, *words, "-o", path).returncode == 0
    spans = [e for e in trace_events(path) if e["ph"] == "X"]
    assert spans
    assert all(e["ts"] < 12_000 and e["ts"] + e["dur"] >= 10_000 for e in spans)


def test_a_recording_has_a_timeline(pcpbench_command, tmp_path):
    path = tmp_path / "trace.json"
    done = pcpbench_command("timeline", SHIPPED, "-o", path)
    assert done.returncode == 0, done.stderr
    events = trace_events(path)
    check_nesting(events)
    assert {e["tid"] for e in events if e["name"] == "thread_name"} == {0, 1, 2, 3}
    # docs/traces.md counts 14 drains of all CPUs in it.
    asked = [e["name"] for e in events if e["ph"] == "X" and e["cat"] == "drain"]
    assert asked.count("drain 13 asked") == 1
    assert len([name for name in asked if name.endswith(" asked")]) == 14


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["recordings/linux-5.10-presure"], "did you mean 'recordings/linux-5.10-pressure'?"),
        ([SHIPPED, "3"], "a recording has no cells"),
        ([SHIPPED, "--from", "2 ms", "--to", "1 ms"], "the part ends before it begins"),
        ([SHIPPED, "--from", "2"], "is 2, without a unit"),
        (["empty.txt"], "no line is an event of a ring buffer"),
    ],
)
def test_no_file_is_left_where_there_is_no_timeline(pcpbench_command, tmp_path, words, told):
    (tmp_path / "empty.txt").write_text("")
    done = pcpbench_command("timeline", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert not list(tmp_path.glob("timeline.json*"))
