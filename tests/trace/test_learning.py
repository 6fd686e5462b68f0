"""Replays without a snapshot: lists are learnt from events, and only what was known is scored."""

from __future__ import annotations

import json
import lzma
import shutil
from pathlib import Path

import pytest

from pcpbench.cli.main import main
from pcpbench.errors import InputError
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.trace.replay.case import find_case
from pcpbench.trace.replay.run import replay
from pcpbench.trace.zoneinfo import read_zoneinfo

DATA = Path(__file__).parents[1] / "data"
RECORDED = DATA / "recorded" / "6.18-sockets"
HOST = Path(__file__).parents[3] / "shared" / "traces" / "6.18.host" / "churn1"
PRESETS = {path.stem: load_preset(path) for path in pcpbench_kernels()}
ZONEINFO = """\
Node 0, zone   Normal
  pages free     100
        min      10
        high     40
        spanned  4096
        present  4096
        managed  4096
  pagesets
    cpu: 0
              count:    5
              high:     200
              batch:    16
              high_min: 160
              high_max: 800
  start_pfn:           1048576
Node 0, zone  Movable
        spanned  0
"""
BASE = 1 << 20  # the first page of ZONEINFO's zone


def alloc(page, order=0, type=1, task=1):
    return task, f"mm_page_alloc: page=0 pfn={page} order={order} migratetype={type} gfp_flags=0"


def taken(page, order=0, type=1, task=1):
    event = f"mm_page_alloc_zone_locked: page=0 pfn={page} order={order} migratetype={type}"
    return task, f"{event} percpu_refill=1"


def free(page, order=0, task=1):
    return task, f"mm_page_free: page=0 pfn={page} order={order}"


def batched(page, task=1):
    return task, f"mm_page_free_batched: page=0 pfn={page} order=0"


def drained(page, type=1, task=1):
    return task, f"mm_page_pcpu_drain: page=0 pfn={page} order=0 migratetype={type}"


def refill(pages, **options):
    return [taken(page, **options) for page in pages]


class Machine:
    """Writes a case of events on CPU 0 and replays it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "before").mkdir()
        (folder / "before" / "zoneinfo").write_text(ZONEINFO)
        (folder / "meta.json").write_text('{"kernel": "6.18.1", "complete": true}')

    def write(self, *events):
        lines = [
            f"  t-{task}   [000] .....  {1000 + number}: {event}"
            for number, (task, event) in enumerate(events)
        ]
        self.path = self.folder / "trace.txt"
        self.path.write_text("\n".join(lines) + "\n")

    def replay(self, *events, inputs="order", kernel="v6.18"):
        self.write(*events)
        return run(self.folder, kernel, inputs)


def run(folder, kernel, inputs="order"):
    policy = list_policy(PRESETS[kernel], 4096)
    return replay(find_case(str(folder)), kernel, policy, inputs=inputs)


def counts(tally):
    return tally.exact, tally.total, tally.excluded


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_recording_of_a_real_kernel_is_exact_wherever_it_determines_the_page():
    result = run(RECORDED, "v6.18")
    assert counts(result.scores["alloc_pfn"]) == (7613, 7613, 1447)
    assert counts(result.scores["refill_size"]) == (43, 43, 9)
    assert result.first_divergence is None
    assert result.inputs_used == {"page frames of a refill": 4549}


@pytest.mark.skipif(not HOST.is_dir(), reason="the shared recordings are not here")
def test_the_shared_recording_of_a_host_is_exact_wherever_it_determines_the_page():
    tally = run(HOST, "v6.18").scores["alloc_pfn"]
    assert tally.exact == tally.total > 0.97 * result_events(HOST)


def result_events(folder):
    return json.loads((folder / "meta.json").read_text())["events"]["mm_page_alloc"]


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("5.10-thp", "v5.10.y"),
        ("6.1-bulk", "v6.1.y"),
        ("6.12-bulk", "v6.12.y"),
        ("7.2-thp", "v7.2"),
    ],
)
def test_without_its_snapshot_a_recording_is_still_predicted_where_lists_become_known(
    tmp_path, name, kernel
):
    shutil.copy(DATA / "replay" / name / "trace.txt.xz", tmp_path)
    result = run(tmp_path, kernel)
    tally = result.scores["alloc_pfn"]
    assert tally.exact == tally.total > 0
    assert tally.total + tally.excluded == result.events["mm_page_alloc"]
    assert sum(result.excluded_because.values()) == sum(
        each.excluded for each in result.scores.values()
    )


def test_two_answers_exchanged_in_a_real_recording_are_found(tmp_path):
    shutil.copytree(RECORDED, tmp_path / "case")
    packed = tmp_path / "case" / "trace.txt.xz"
    lines = lzma.decompress(packed.read_bytes()).decode().splitlines(keepends=True)
    # The second and third answer after a refill of the list that they come from.
    at = 1 + next(
        i
        for i in range(len(lines) // 2, len(lines))
        if "zone_locked" in lines[i - 1]
        and all(": mm_page_alloc:" in line for line in lines[i : i + 3])
        and len({line.split("order=")[1].split(" gfp")[0] for line in lines[i : i + 3]}) == 1
    )
    first, second = (lines[i].split("pfn=")[1].split()[0] for i in (at, at + 1))
    lines[at] = lines[at].replace(first, second)
    lines[at + 1] = lines[at + 1].replace(second, first)
    packed.write_bytes(lzma.compress("".join(lines).encode(), preset=0))
    result = run(tmp_path / "case", "v6.18")
    assert result.first_divergence is not None
    assert result.first_divergence.line == at + 1
    assert result.first_divergence.predicted == f"pfn {int(first, 16)}"


def test_nothing_is_known_before_a_list_was_seen(machine):
    result = machine.replay(alloc(BASE), alloc(BASE + 7), free(BASE + 7))
    assert counts(result.scores["alloc_pfn"]) == (0, 0, 2)
    assert result.excluded_because == {"the list had not been learnt yet": 2}


def test_a_refill_makes_its_list_known_from_head_to_tail(machine):
    pages = [BASE + n for n in (3, 9, 4, 8)]
    result = machine.replay(*refill(pages), *(alloc(page) for page in pages))
    assert counts(result.scores["alloc_pfn"]) == (4, 4, 0)
    assert result.inputs_used == {"page frames of a refill": 4}


def test_a_page_taken_out_of_order_is_a_miss_with_its_line(machine):
    result = machine.replay(
        *refill([BASE, BASE + 1, BASE + 2]), alloc(BASE), alloc(BASE + 2), alloc(BASE + 1)
    )
    # The third answer proves the second wrong, and is itself not foreseen.
    assert counts(result.scores["alloc_pfn"]) == (1, 3, 0)
    first = result.first_divergence
    assert (first.line, first.expected, first.predicted) == (
        5,
        f"pfn {BASE + 2}",
        f"pfn {BASE + 1}",
    )
    assert result.resyncs == 2


def test_a_page_freed_is_the_next_one_allocated(machine):
    pages = [BASE, BASE + 1, BASE + 2]
    result = machine.replay(
        *refill(pages), *(alloc(page) for page in pages), free(BASE + 1), alloc(BASE + 1)
    )
    assert counts(result.scores["alloc_pfn"]) == (4, 4, 0)


def test_the_pages_of_a_batch_enter_in_the_order_of_their_second_lines(machine):
    pages = [BASE, BASE + 1, BASE + 2]
    result = machine.replay(
        *refill(pages),
        *(alloc(page) for page in pages),
        free(BASE),
        free(BASE + 1),
        batched(BASE + 1),
        batched(BASE),
        alloc(BASE),
        alloc(BASE + 1),
    )
    assert counts(result.scores["alloc_pfn"]) == (5, 5, 0)


def test_a_free_into_a_pageblock_of_unknown_type_is_known_once_it_was_taken_again(machine):
    other = BASE + 1024
    result = machine.replay(
        free(other), alloc(other, type=0), free(other + 1), alloc(other + 1, type=0)
    )
    # The first answer tells the pageblock's type, the second is predicted with it.
    assert counts(result.scores["alloc_pfn"]) == (1, 1, 1)
    assert result.excluded_because == {"a freed page's pageblock type is not known": 1}


def test_lists_of_other_types_and_orders_are_not_mixed_up(machine):
    result = machine.replay(
        *refill([BASE, BASE + 1], type=0),
        alloc(BASE, type=0),
        *refill([BASE + 16, BASE + 32], order=2),
        alloc(BASE + 16, order=2),
        alloc(BASE + 1, type=0),
        alloc(BASE + 32, order=2),
    )
    assert counts(result.scores["alloc_pfn"]) == (4, 4, 0)


def test_pages_that_a_bulk_allocation_took_unseen_are_left_out_once_that_shows(machine):
    pages = [BASE + n for n in range(5)]
    events = [*refill(pages), alloc(BASE), alloc(BASE + 3)]
    # Pages 1 and 2 are gone: freed later without ever having been allocated by an event.
    result = machine.replay(*events, free(BASE + 1), free(BASE + 2))
    assert counts(result.scores["alloc_pfn"]) == (1, 1, 1)
    assert result.excluded_because["pages left a list without an event (bulk allocation)"] == 1
    assert result.resyncs == 1
    # Allocated by an event: they had been on the list all the time, and the prediction was wrong.
    result = machine.replay(*events, alloc(BASE + 1), alloc(BASE + 2))
    assert result.scores["alloc_pfn"].total - result.scores["alloc_pfn"].exact == 1


def test_a_page_that_never_came_to_its_list_is_left_out_once_the_zone_gives_it_again(machine):
    result = machine.replay(
        *refill([BASE, BASE + 1]),
        alloc(BASE),
        free(BASE),
        alloc(BASE + 1),
        *refill([BASE, BASE + 2], type=0),
        alloc(BASE, type=0),
    )
    assert counts(result.scores["alloc_pfn"]) == (2, 2, 1)
    assert result.excluded_because["a free that found its list locked has no event"] == 1


def test_a_drain_takes_the_tail_and_says_that_nothing_is_behind(machine):
    pages = [BASE + n for n in range(4)]
    result = machine.replay(*refill(pages), alloc(BASE), drained(BASE + 3), drained(BASE + 2))
    assert counts(result.scores["drain_pfn"]) == (2, 2, 0)
    assert counts(result.scores["drain_size"]) == (0, 0, 1)
    # The page behind had gone unseen, or, if it is drained later, the prediction was wrong.
    gone = machine.replay(*refill(pages), alloc(BASE), drained(BASE + 2))
    assert counts(gone.scores["drain_pfn"]) == (0, 0, 1)
    wrong = machine.replay(*refill(pages), alloc(BASE), drained(BASE + 2), drained(BASE + 3))
    assert counts(wrong.scores["drain_pfn"]) == (0, 1, 1)
    assert wrong.first_divergence.event == "mm_page_pcpu_drain"


def test_a_refill_size_is_judged_where_the_batch_alone_decides_it(machine):
    def sized(blocks, order):
        pages = [BASE + (n << order) for n in range(blocks)]
        return [*refill(pages, order=order), alloc(BASE, order=order)]

    # 16 pages are eight blocks of order 1 (nr_pcp_alloc, v6.18).
    assert counts(machine.replay(*sized(8, 1)).scores["refill_size"]) == (1, 1, 0)
    assert counts(machine.replay(*sized(7, 1)).scores["refill_size"]) == (0, 1, 0)
    # Of order 0 it depends on alloc_factor, until frees have put it to 0.
    assert counts(machine.replay(*sized(16, 0)).scores["refill_size"]) == (0, 0, 1)
    frees = [free(BASE + 2048 + n) for n in range(3)]
    assert counts(machine.replay(*frees, *sized(16, 0)).scores["refill_size"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("kernel", "own_line", "pages"), [("v6.1.y", True, 16), ("v6.18", False, 16)]
)
def test_a_fallback_within_a_refill_is_one_page_of_it(machine, kernel, own_line, pages):
    stolen = BASE + 600
    fallback = (
        1,
        f"mm_page_alloc_extfrag: page=0 pfn={stolen} alloc_order=0 fallback_order=3 "
        "pageblock_order=9 alloc_migratetype=1 fallback_migratetype=0 fragmenting=1 "
        "change_ownership=0",
    )
    # Through 6.9 the page has a line of its own after that of the fallback, later it has none.
    events = [*refill(range(BASE, BASE + pages - 1)), fallback, *([taken(stolen)] * own_line)]
    frees = [free(BASE + 2048 + n) for n in range(3)]
    answers = [alloc(page) for page in (*range(BASE, BASE + pages - 1), stolen)]
    result = machine.replay(*frees, *events, *answers, kernel=kernel)
    assert counts(result.scores["refill_size"]) == (1, 1, 0)
    assert counts(result.scores["alloc_pfn"]) == (pages, pages, 0)
    assert counts(result.scores["fallback"]) == (0, 0, 1)


def test_calls_alone_teach_nothing_and_are_refused(machine):
    with pytest.raises(InputError, match="cannot be learnt from the calls"):
        machine.replay(alloc(BASE), inputs="calls")


def test_a_page_in_no_zone_is_refused_with_its_line(machine):
    with pytest.raises(InputError) as raised:
        machine.replay(alloc(BASE), alloc(BASE + 4096))
    (problem,) = raised.value.problems
    assert problem.place == f"{machine.path}:2"
    assert "lies in no zone" in problem.thing


@pytest.mark.parametrize(
    ("content", "line", "word"),
    [
        (b"", 1, "no event"),
        (b"\x00\xff\x00\n", 1, "not a line"),
        (b"  t-1   [000] .....  9: mm_page_free: page=0 pfn=1048576 order=0", 1, "cut short"),
        (
            b"  t-1   [000] .....  9: mm_page_free: page=0 pfn=1048576 order=0\n"
            b"  t-1   [001] .....  8: mm_page_free: page=0 pfn=1048577 order=0\n",
            2,
            "out of order",
        ),
        (b"CPU:2 [LOST 123 EVENTS]\n", 1, "lost events"),
        (b"# entries-in-buffer/entries-written: 5/9   #P:1\n", 1, "overrun"),
        (
            b"# entries-in-buffer/entries-written: 2/2   #P:1\n"
            b"  t-1   [000] .....  9: mm_page_free: page=0 pfn=1048576 order=0\n",
            2,
            "1 events of the 2",
        ),
    ],
)
def test_what_is_no_whole_recording_is_one_error_with_its_line(machine, content, line, word):
    machine.write(alloc(BASE))
    machine.path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        run(machine.folder, "v6.18")
    (problem,) = raised.value.problems
    assert problem.place == f"{machine.path}:{line}"
    assert word in problem.thing


def test_windows_line_ends_change_nothing(machine):
    machine.write(*refill([BASE, BASE + 1]), alloc(BASE), alloc(BASE + 1))
    machine.path.write_bytes(machine.path.read_bytes().replace(b"\n", b"\r\n"))
    assert counts(run(machine.folder, "v6.18").scores["alloc_pfn"]) == (2, 2, 0)


def test_the_command_says_what_was_left_out_and_why(machine, capsys):
    machine.write(*refill([BASE, BASE + 1]), alloc(BASE), alloc(BASE + 1), alloc(BASE + 9, type=0))
    assert main(["replay", str(machine.folder)]) == 0
    shown = capsys.readouterr().out
    assert "left out, 1: the list had not been learnt yet" in shown
    assert main(["replay", str(machine.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["scores"]["alloc_pfn"] == {"exact": 2, "total": 2, "excluded": 1}
    assert {"reason": "the list had not been learnt yet", "count": 1} in found["excluded_because"]


def test_a_recording_that_names_no_kernel_needs_one_from_the_user(machine, capsys):
    machine.write(*refill([BASE, BASE + 1]), alloc(BASE))
    (machine.folder / "meta.json").unlink()
    assert main(["replay", str(machine.folder)]) == 2
    assert "--kernel" in capsys.readouterr().err
    assert main(["replay", str(machine.folder), "--kernel", "v6.18"]) == 0


def test_zoneinfo_gives_place_and_limits_of_zones_that_have_pages():
    (zone,) = read_zoneinfo(ZONEINFO)
    assert (zone.name, zone.start_pfn, zone.end_pfn) == ("Normal", BASE, BASE + 4096)
    assert (zone.batch, zone.high_min, zone.high_max) == (16, 160, 800)
    # Before 6.7 `high` of a pageset is the only one, and not the watermark of that name.
    untuned = "\n".join(line for line in ZONEINFO.splitlines() if "high_m" not in line)
    assert (read_zoneinfo(untuned)[0].high_min, read_zoneinfo(untuned)[0].high_max) == (200, 200)


def test_a_zoneinfo_that_is_none_is_refused(machine):
    (machine.folder / "before" / "zoneinfo").write_text("nothing\n")
    with pytest.raises(InputError, match="names no zone"):
        machine.replay(alloc(BASE))
