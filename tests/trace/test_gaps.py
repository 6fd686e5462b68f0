"""Gaps: what the text may be, and where it puts the calls of a cycle."""

import numpy as np
import pytest

from pcpbench.errors import InputError
from pcpbench.trace.cycle import close_cycle
from pcpbench.trace.gaps import Gaps, parse_gaps
from pcpbench.trace.recording import load_recording


@pytest.fixture
def cycle(writer):
    events = [(0, writer.alloc(1)), (1, writer.alloc(2)), (0, writer.free(1)), (1, writer.free(2))]
    return close_cycle(load_recording(writer.file(*events, clock=3000)))


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("fixed(1600)", Gaps(rule="fixed", number=1600)),
        (" fixed( 20 ns ) ", Gaps(rule="fixed", number=20)),
        ("scaled(0.25)", Gaps(rule="scaled", number=0.25)),
        ("scaled(.5)", Gaps(rule="scaled", number=0.5)),
        ("recorded", Gaps(rule="scaled", number=1.0)),
    ],
)
def test_gaps_are_read_from_text(text, gaps):
    assert parse_gaps(text) == gaps


@pytest.mark.parametrize(
    "text",
    ["", "fixed", "fixed()", "fixed(0)", "fixed(1.5)", "fixed(1600", "fixed(-1)", "fixed(nan)",
     "scaled", "scaled(0)", "scaled(1.2.3)", "scaled(1e9)", "scaled(.)", "scaled(9999999)",
     "recorded(1)", "fast", "fixed(99999999999)"],
)  # fmt: skip
def test_other_text_is_refused_with_the_forms(text):
    with pytest.raises(ValueError, match=r"write recorded, scaled\(0\.1\) or fixed\(1600\)"):
        parse_gaps(text)


def test_fixed_gaps_keep_the_order_of_calls_and_give_each_cpu_its_rate(cycle):
    times, length = parse_gaps("fixed(1000)").times_ns(cycle, 2)
    assert times.tolist() == [0, 500, 1000, 1500]
    assert length == 2000
    assert parse_gaps("fixed(1000)").times_ns(cycle, 1)[1] == 4000


def test_recorded_and_scaled_gaps_need_the_clock(cycle):
    assert cycle.tick_ns is None
    with pytest.raises(InputError, match="tsc_khz"):
        parse_gaps("recorded").times_ns(cycle, 2)


def test_scaled_gaps_are_recorded_ones_times_a_factor(writer):
    path = writer.folder / "t"
    lines = [
        f"t-1 [000] .... 1.{us:06}: {event}\n"
        for us, event in ((1, writer.alloc(1)), (3, writer.free(1)), (9, writer.alloc(0)))
    ]
    path.write_text("".join(lines))
    cycle = close_cycle(load_recording(path))
    times, length = parse_gaps("recorded").times_ns(cycle, 1)
    assert times.tolist() == [0, 2000, 8000, 8000]
    assert length == 10_000
    halves, _ = parse_gaps("scaled(0.5)").times_ns(cycle, 1)
    assert halves.tolist() == [0, 1000, 4000, 4000]
    assert halves.dtype == np.int64
