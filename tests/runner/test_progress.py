"""Tests what is shown while a run goes on."""

from __future__ import annotations

import io

import pytest

from pcpbench.runner.progress import LineProgress, TerminalProgress, duration, progress_on


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_rewritten_line_that_is_wiped_at_the_end() -> None:
    clock, stream = Clock(), Terminal()
    progress = progress_on(stream, clock)
    assert isinstance(progress, TerminalProgress)
    progress.begin(10, 2)
    clock.now_s = 20.0
    progress.advance(2, 1)
    clock.now_s = 25.0
    progress.wait()
    progress.end()
    assert stream.getvalue().split("\r\x1b[K") == [
        "",
        "0/10 cells",
        "2/10 cells, 1 failed, about 80 s left",
        "2/10 cells, 1 failed, about 75 s left",
        "",
    ]
    assert "\n" not in stream.getvalue()


def test_other_streams_get_few_plain_lines() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = progress_on(stream, clock)
    assert isinstance(progress, LineProgress)
    progress.begin(100, 2)
    for done in range(1, 101):
        clock.now_s = done * 0.25
        progress.advance(done, 0)
    progress.end()
    assert stream.getvalue().splitlines() == [
        "100 cells, 2 at once",
        "40/100 cells, about 15 s left",
        "80/100 cells, about 5.0 s left",
        "100/100 cells in 25 s",
    ]


def test_an_early_end_says_how_far_the_run_came() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = progress_on(stream, clock)
    progress.begin(8, 1)
    clock.now_s = 2.0
    progress.advance(1, 1)
    progress.end()
    assert stream.getvalue().splitlines()[-1] == "1/8 cells, 1 failed in 2.0 s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (35.4, "35 s"), (125, "2 min 05 s"), (12_000, "3 h 20 min")],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_run_that_goes_on_to_the_next_look_has_more_cells() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = progress_on(stream, clock)
    progress.begin(20, 2)
    progress.advance(20, 0)
    progress.expect(28)
    clock.now_s = 20.0
    progress.advance(21, 0)
    progress.end()
    assert "21/28 cells" in stream.getvalue()
