"""Decides how text and tables are laid out within a width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

GAP = 2
# Stands for a space at which a cell is not to be broken.
HARD_SPACE = "\N{NO-BREAK SPACE}"
# Stands for a space at the beginning of a cell, which tabulate would strip.
INDENT = "\ue000"
# Names may be broken after a dot, underscore or hyphen between words, numbers may not.
BREAKS = re.compile(r"(?<=[A-Za-z0-9][._/-])(?=[A-Za-z])")
# What a terminal would obey instead of showing it: names and errors come from plugins.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# A number and its unit stay together.
UNITS = re.compile(r"(?<=\d) (?=(?:%|[num]?s|[KMGT]iB|B)(?:[^\w]|$))")
Paint = Callable[[str], str]


def paragraph(text: str, *, width: int, indent: str = "") -> str:
    """Text filled to a width; the lines after the first are indented."""
    lines = textwrap.wrap(
        UNITS.sub(HARD_SPACE, shown(text)),
        width,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(HARD_SPACE, " ")


def shown(text: str) -> str:
    """The text with a question mark in place of each control character."""
    return CONTROLS.sub("?", text)


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of a table that belongs to no column."""

    text: str


Row = Sequence[str] | Heading


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table as every form of report shows it.

    ``caption``: what it is about. ``right``: columns whose text stands at the right.
    ``verdicts``: the column of verdicts, None if there is none. ``splits``: its columns after the
    first may go to several tables below each other. ``notes``: what a reader must know of it.
    ``empty``: what is said if there are no rows.
    """

    caption: str
    headers: Sequence[str]
    rows: Sequence[Row]
    right: Sequence[int] = ()
    verdicts: int | None = None
    splits: bool = False
    notes: Sequence[str] = ()
    empty: str = ""

    def columns(self, chosen: Sequence[int]) -> Table:
        """The table with these columns only. Raises IndexError for one that is not there."""
        places = list(chosen)
        return replace(
            self,
            headers=[self.headers[i] for i in places],
            rows=[r if isinstance(r, Heading) else [r[i] for i in places] for r in self.rows],
            right=[places.index(i) for i in self.right if i in places],
            verdicts=places.index(self.verdicts) if self.verdicts in places else None,
        )


# The place of a heading while the table is laid out: characters that no text has.
FIRST_PLACE = 0xF0000


def plain(text: str) -> str:
    """The text of a cell without what only a layout in columns needs."""
    return shown(text).replace(INDENT, "").replace(HARD_SPACE, " ")


def fitted_table(
    headers: Sequence[str],
    rows: Sequence[Row],
    *,
    width: int,
    right: Sequence[int] = (),
    paint: Mapping[int, Paint] | None = None,
) -> str:
    """A table at most ``width`` wide: the widest columns are wrapped until it fits.

    ``right``: columns whose text stands at the right. ``paint``: colours the text of a column,
    after the layout is settled.
    """
    from tabulate import tabulate

    headings = [row.text for row in rows if isinstance(row, Heading)]
    widths = _widths([headers, *[row for row in rows if not isinstance(row, Heading)]], width)
    paint = paint or {}

    def cell(text: str, column: int) -> str:
        colour = paint.get(column, str)
        return "\n".join(colour(line) if line else "" for line in wrapped(text, widths[column]))

    # The headers are a row like others: tabulate would make their columns wider than they need.
    places = iter(range(FIRST_PLACE, FIRST_PLACE + len(headings)))
    blank = [""] * (len(headers) - 1)
    filled = [[chr(next(places)), *blank] if isinstance(row, Heading) else row for row in rows]
    ruled = [headers, ["-" * size for size in widths], *filled]
    table = tabulate(
        [[cell(text, i) for i, text in enumerate(row)] for row in ruled],
        tablefmt="plain",
        disable_numparse=True,
        colalign=["right" if i in right else "left" for i in range(len(headers))],
    )
    return "\n".join(_with_heading(line, headings, width) for line in table.splitlines())


def table_width(headers: Sequence[str], rows: Sequence[Row]) -> int:
    """How wide a table is if nothing is wrapped."""
    lines = [headers, *[row for row in rows if not isinstance(row, Heading)]]
    return sum(max(map(len, column)) + GAP for column in zip(*lines, strict=True)) - GAP


def _with_heading(line: str, headings: Sequence[str], width: int) -> str:
    """The line, or the heading whose place it holds."""
    bare = line.strip()
    place = ord(bare) - FIRST_PLACE if len(bare) == 1 else -1
    if not 0 <= place < len(headings):
        return line.rstrip().replace(INDENT, " ")
    return "\n".join(wrapped(headings[place], width))


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a cell no wider than ``width``; words are broken only where they must be."""
    lines = [""]
    for word in shown(text).replace("\n", " ").split(" "):
        gap = " " if lines[-1] else ""
        for piece in BREAKS.split(word):
            if len(lines[-1]) + len(gap) + len(piece) > width and lines[-1]:
                lines.append("")
                gap = ""
            lines[-1] += gap + piece
            gap = ""
            while len(lines[-1]) > width:
                lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return [line.replace(HARD_SPACE, " ") for line in lines]


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Column widths: natural ones, or less where words can be wrapped, at last broken."""
    columns = list(zip(*rows, strict=True))
    widths = [max(1, *map(len, column)) for column in columns]
    unbroken = [max(_longest_piece(text) for text in column) for column in columns]
    room = max(width - GAP * (len(widths) - 1), len(widths))
    while sum(widths) > room:
        spare = [i for i, size in enumerate(widths) if size > unbroken[i]] or range(len(widths))
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths


def _longest_piece(text: str) -> int:
    return max(len(piece) for word in text.split(" ") for piece in BREAKS.split(word))
