"""Replays: recordings of real kernels are the judge; broken ones get one clear error each."""

from __future__ import annotations

import json
import lzma
import shutil
from pathlib import Path

import pytest

from pcpbench.errors import InputError
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.trace.replay.case import find_case, preset_name
from pcpbench.trace.replay.run import replay

SHIPPED = Path(__file__).parents[1] / "data" / "replay"
SHARED = Path(__file__).parents[3] / "shared" / "traces"
PRESETS = {path.stem: load_preset(path) for path in pcpbench_kernels()}
RELEASES = {name: preset.release for name, preset in PRESETS.items()}
KERNELS = {"5.10": "v5.10.y", "6.1": "v6.1.y", "6.12": "v6.12.y", "7.2": "v7.2"}
LARGE = ("frag", "pressure", "drains")


def run(folder, *, inputs="facts", kernel=None, resync=False):
    case = find_case(str(folder))
    name = kernel or KERNELS[Path(folder).name.split("-")[0]]
    policy = list_policy(PRESETS[name], 4096)
    return replay(case, name, policy, inputs=inputs, resync=resync)


def misses(result):
    """Every kind that is not wholly exact, with its counts."""
    tallies = {**result.scores, "final_counters": result.final_counters}
    return {name: (t.exact, t.total) for name, t in tallies.items() if t.exact != t.total}


@pytest.fixture
def case(tmp_path):
    """A copy of a small recording, its files as plain text, to be damaged."""
    for packed in (SHIPPED / "5.10-thp").iterdir():
        (tmp_path / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))
    return tmp_path


def fault(folder):
    with pytest.raises(InputError) as raised:
        run(folder, kernel="v5.10.y")
    (problem,) = raised.value.problems
    return problem


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda path: path.name)
def test_a_small_recording_is_predicted_page_frame_for_page_frame(folder):
    result = run(folder)
    assert misses(result) == {}
    assert result.first_divergence is None
    assert result.scores["alloc_pfn"].total > 500
    assert result.scores["final_free_pages"].total > 500_000


@pytest.mark.parametrize("name", ["5.10-thp", "6.1-bulk", "6.12-bulk"])
def test_the_order_of_holds_is_enough_where_no_probe_line_is_needed(name):
    result = run(SHIPPED / name, inputs="order")
    assert misses(result) == {}
    assert "allocation flags" not in result.inputs_used


def test_calls_alone_predict_a_kernel_while_one_cpu_works():
    result = run(SHIPPED / "5.10-thp", inputs="calls")
    assert misses(result) == {}
    assert result.inputs_used == {}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the large recordings are not here")
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", LARGE)
def test_a_large_recording_is_predicted_page_frame_for_page_frame(kernel, name):
    result = run(SHARED / kernel / name, kernel=KERNELS[kernel])
    assert misses(result) == {}


def test_the_rules_of_another_release_do_not_predict_it():
    # The recording decides: 6.0's rules have one list less, so v6.1.y's snapshot does not fit.
    with pytest.raises(InputError, match="another kernel"):
        run(SHIPPED / "6.1-bulk", kernel="v6.0")
    # Same shape, other rules: it runs, and shows it.
    wrong = run(SHIPPED / "6.12-bulk", kernel="v6.1.y")
    assert wrong.first_divergence is not None or misses(wrong)


def test_a_page_frame_changed_in_the_recording_is_found(case):
    # The prediction must not read the answer: changing one answer is one miss, where it stands.
    lines = (case / "trace.txt").read_text().splitlines(keepends=True)
    at = max(i for i, line in enumerate(lines) if ": mm_page_alloc: " in line)
    before, rest = lines[at].split(" pfn=", 1)
    pfn, after = rest.split(" ", 1)
    lines[at] = f"{before} pfn={int(pfn) + 1} {after}"
    (case / "trace.txt").write_text("".join(lines))
    result = run(case, kernel="v5.10.y")
    tally = result.scores["alloc_pfn"]
    assert tally.total - tally.exact == 1
    assert result.first_divergence is not None
    assert result.first_divergence.line == at + 1
    assert result.first_divergence.predicted == f"pfn {pfn}"


def test_a_divergence_is_counted_on_from_what_was_recorded(case):
    lines = (case / "trace.txt").read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if ": mm_page_alloc: " in line)
    del lines[at]
    del lines[next(i for i, line in enumerate(lines) if "entries-in-buffer" in line)]
    (case / "trace.txt").write_text("".join(lines))
    result = run(case, kernel="v5.10.y", resync=True)
    assert sum(result.resync_causes.values()) == result.resyncs


def test_the_score_as_json_names_what_was_given_and_what_was_found():
    written = run(SHIPPED / "6.12-bulk").to_json()
    assert json.loads(json.dumps(written)) == written
    assert written["format"] == "pcpbench-replay/1"
    assert set(written["scores"]) == {
        "alloc_pfn",
        "refill_size",
        "refill_pfn",
        "drain_size",
        "drain_pfn",
        "fallback",
        "final_pcp_pages",
        "final_free_pages",
    }
    assert all(set(tally) == {"exact", "total", "excluded"} for tally in written["scores"].values())
    assert written["events"]["mm_page_alloc"] > 50
    assert written["inputs_used"]["pop order"] > 0
    assert written["excluded_because"] == []


@pytest.mark.parametrize(
    ("name", "content", "line", "word"),
    [
        ("snap0.txt", b"", 1, "no header"),
        ("snap0.txt", b"\x00\xff\x00binary", 1, "not a record"),
        ("trace.txt", b"", 1, "no event"),
        ("trace.txt", b"\x00\xff\x00binary\n", 1, "not a line of a recording"),
    ],
)
def test_an_empty_or_binary_file_is_one_error_with_its_line(case, name, content, line, word):
    (case / name).write_bytes(content)
    problem = fault(case)
    assert problem.place == f"{case / name}:{line}"
    assert word in problem.thing


def test_a_cut_recording_is_refused_where_it_ends(case):
    text = (case / "trace.txt").read_bytes()
    (case / "trace.txt").write_bytes(text[: len(text) // 2 + 10])
    assert "cut short" in fault(case).thing


def test_a_recording_cut_between_lines_is_found_by_its_header(case):
    lines = (case / "trace.txt").read_text().splitlines(keepends=True)
    (case / "trace.txt").write_text("".join(lines[:-100]))
    problem = fault(case)
    assert "it was cut" in problem.thing
    assert problem.place == f"{case / 'trace.txt'}:{len(lines) - 100}"


def test_a_packed_recording_that_ends_early_is_refused_where_it_ends(case):
    text = (case / "trace.txt").read_bytes()
    packed = lzma.compress(text, preset=0)
    (case / "trace.txt").write_bytes(packed[: len(packed) // 2])
    problem = fault(case)
    assert "ends early" in problem.thing
    assert problem.place is not None
    assert problem.place.startswith(f"{case / 'trace.txt'}:")


def test_a_packed_snapshot_that_ends_early_is_refused(case):
    packed = lzma.compress((case / "snap0.txt").read_bytes(), preset=0)
    (case / "snap0.txt").write_bytes(packed[: len(packed) // 2])
    problem = fault(case)
    assert "ends early" in problem.thing
    assert str(case / "snap0.txt") in (problem.place or "")


def test_lines_written_into_each_other_are_refused_with_their_line(case):
    lines = (case / "trace.txt").read_text().splitlines(keepends=True)
    middle = len(lines) // 2
    lines[middle] = lines[middle][:40] + lines[middle + 1][:40].strip() + lines[middle][40:]
    lines[middle + 1] = lines[middle + 1][40:]
    (case / "trace.txt").write_text("".join(lines))
    problem = fault(case)
    assert problem.place in {f"{case / 'trace.txt'}:{middle + n}" for n in (1, 2)}


def test_a_recording_of_another_kernel_than_its_snapshot_is_refused(case):
    (case / "meta.json").write_text('{"kernel": "6.1.0-1-amd64"}')
    problem = fault(case)
    assert "the recording is of 6.1.0-1-amd64" in problem.thing
    assert str(case / "meta.json") in (problem.place or "")


def test_a_page_outside_its_zone_in_a_snapshot_is_refused(case):
    text = (case / "snap0.txt").read_text()
    lines = text.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("L ") and line.count(" ") > 8)
    words = lines[at].split(" ")
    words[-2] = "7ffffff"
    lines[at] = " ".join(words)
    (case / "snap0.txt").write_text("".join(lines))
    assert "outside the zone" in fault(case).thing


def test_a_snapshot_whose_cpu_counts_more_pages_than_it_lists_is_refused(case):
    text = (case / "snap0.txt").read_text()
    at = text.index(" count=", text.index("\nP "))
    (case / "snap0.txt").write_text(text[:at] + text[at:].replace(" count=", " count=9", 1))
    assert "the count of CPU" in fault(case).thing


def test_a_cut_snapshot_is_refused(case):
    lines = (case / "snap0.txt").read_text().splitlines(keepends=True)
    (case / "snap0.txt").write_text("".join(lines[:-1]))
    assert "no end record" in fault(case).thing


def test_lost_events_are_refused_both_ways(case):
    text = (case / "trace.txt").read_text()
    (case / "trace.txt").write_text(text + "CPU:2 [LOST 123 EVENTS]\n")
    assert "lost events" in fault(case).thing
    entries = next(line for line in text.splitlines() if "entries-in-buffer" in line)
    kept = entries.split()[2].split("/")[0]
    (case / "trace.txt").write_text(text.replace(f"{kept}/{kept}", f"{kept}/{int(kept) + 5}"))
    assert "overrun" in fault(case).thing


def test_lines_out_of_order_are_refused(case):
    lines = (case / "trace.txt").read_text().splitlines(keepends=True)
    lines.append(lines[len(lines) // 2])
    (case / "trace.txt").write_text("".join(lines))
    problem = fault(case)
    assert "out of order" in problem.thing
    assert problem.place == f"{case / 'trace.txt'}:{len(lines)}"


def test_windows_line_ends_change_nothing(case):
    for name in ("snap0.txt", "snap1.txt", "trace.txt"):
        path = case / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert misses(run(case, kernel="v5.10.y")) == {}


def test_a_page_behind_memory_is_refused(case):
    text = (case / "trace.txt").read_text()
    at = text.index(" pfn=", text.index(": mm_page_free: "))
    end = text.index(" ", at + 5)
    (case / "trace.txt").write_text(f"{text[:at]} pfn=99999999{text[end:]}")
    assert "behind the last zone" in fault(case).thing


def test_a_snapshot_that_lists_a_page_twice_is_refused(case):
    lines = (case / "snap0.txt").read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("L ") and line.count(" ") > 8)
    words = lines[at].split(" ")
    words[-2] = words[-3]
    lines[at] = " ".join(words)
    (case / "snap0.txt").write_text("".join(lines))
    assert "is on two lists" in fault(case).thing


def test_a_snapshot_whose_counter_contradicts_its_lists_is_refused(case):
    text = (case / "snap0.txt").read_text()
    at = text.index("order=10 nr_free=")
    (case / "snap0.txt").write_text(text[:at] + text[at:].replace("nr_free=", "nr_free=1", 1))
    assert "nr_free" in fault(case).thing


def test_snapshots_of_two_kernels_are_refused(case):
    text = (case / "snap1.txt").read_text()
    (case / "snap1.txt").write_text(text.replace("release=5.10.0", "release=5.11.0"))
    assert "5.11.0" in fault(case).thing


def test_a_file_is_no_case(case):
    with pytest.raises(InputError, match="the folder of a case"):
        find_case(str(case / "trace.txt"))


def test_a_packed_case_needs_no_unpacking(case, tmp_path_factory):
    packed = tmp_path_factory.mktemp("packed")
    for path in (SHIPPED / "5.10-thp").iterdir():
        shutil.copy(path, packed)
    assert run(packed, kernel="v5.10.y").scores == run(case, kernel="v5.10.y").scores


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("5.10.0-46-amd64", "v5.10.y"),
        ("6.1.0-56-amd64", "v6.1.y"),
        ("6.12.117+deb12-amd64", "v6.12.y"),
        ("7.2.13+deb14-amd64", "v7.2"),
        ("6.18.44", "v6.18"),
    ],
)
def test_a_release_finds_its_preset(release, name):
    assert preset_name(release, RELEASES) == name


def test_a_release_without_preset_is_an_error_with_the_names():
    with pytest.raises(InputError, match=r"6\.19\.1"):
        preset_name("6.19.1", RELEASES)
