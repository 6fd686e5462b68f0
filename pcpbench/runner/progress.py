"""Decides what is shown while a run goes on: one rewritten line on a terminal, else few lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TextIO

LINES_EVERY_S = 10.0


class Progress(Protocol):
    """Told how a run goes."""

    def begin(self, cells: int, workers: int) -> None:
        """The run begins, with so many cells to do."""

    def expect(self, cells: int) -> None:
        """There are so many cells to do now, those that are done included."""

    def advance(self, done: int, failed: int) -> None:
        """So many cells have ended, ``failed`` of them without a result."""

    def wait(self) -> None:
        """Nothing ended for a moment."""

    def end(self) -> None:
        """The run is over, or was stopped."""


class SilentProgress:
    """Shows nothing."""

    def begin(self, cells: int, workers: int) -> None: ...
    def expect(self, cells: int) -> None: ...
    def advance(self, done: int, failed: int) -> None: ...
    def wait(self) -> None: ...
    def end(self) -> None: ...


class _Counting:
    """What both kinds of display know."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._cells = self._done = self._failed = 0
        self._began_s = self._advanced_s = 0.0

    def begin(self, cells: int, workers: int) -> None:
        self._cells, self._began_s = cells, self._clock()

    def expect(self, cells: int) -> None:
        self._cells = cells

    def advance(self, done: int, failed: int) -> None:
        self._done, self._failed, self._advanced_s = done, failed, self._clock()

    def _text(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._done}/{self._cells} cells{failed}{self._left()}"

    def _left(self) -> str:
        """The time left, if the cells to come are like those that are done."""
        if not self._done or self._done == self._cells:
            return ""
        each_s = (self._advanced_s - self._began_s) / self._done
        since_s = self._clock() - self._advanced_s
        left_s = max(0.0, each_s * (self._cells - self._done) - since_s)
        return f", about {duration(left_s)} left"


class TerminalProgress(_Counting):
    """One line, written over and over, and wiped at the end."""

    def begin(self, cells: int, workers: int) -> None:
        super().begin(cells, workers)
        self._show()

    def advance(self, done: int, failed: int) -> None:
        super().advance(done, failed)
        self._show()

    def wait(self) -> None:
        self._show()

    def end(self) -> None:
        self._write("\r\x1b[K")

    def _show(self) -> None:
        self._write(f"\r\x1b[K{self._text()}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class LineProgress(_Counting):
    """A line at the beginning, one every ten seconds, and one at the end."""

    def begin(self, cells: int, workers: int) -> None:
        super().begin(cells, workers)
        self._last_s = self._began_s
        self._write(f"{cells} cells, {workers} at once")

    def advance(self, done: int, failed: int) -> None:
        super().advance(done, failed)
        self.wait()

    def wait(self) -> None:
        now_s = self._clock()
        if now_s - self._last_s >= LINES_EVERY_S and self._done < self._cells:
            self._last_s = now_s
            self._write(self._text())

    def end(self) -> None:
        took_s = self._clock() - self._began_s
        self._write(f"{self._text().split(', about')[0]} in {duration(took_s)}")

    def _write(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def progress_on(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> Progress:
    """The display that suits the stream. ``clock``: seconds from any beginning."""
    return TerminalProgress(stream, clock) if stream.isatty() else LineProgress(stream, clock)


def duration(seconds: float) -> str:
    """A time in words that a person can compare: "0.4 s", "35 s", "2 min 05 s", "3 h 20 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
