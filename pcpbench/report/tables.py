"""Decides how text and tables are laid out within a width."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence

GAP = 2
# Stands for a space at which a cell is not to be broken.
HARD_SPACE = "\N{NO-BREAK SPACE}"
# Names may be broken after a dot, underscore or hyphen between words, numbers may not.
BREAKS = re.compile(r"(?<=[A-Za-z0-9][._/-])(?=[A-Za-z])")
Paint = Callable[[str], str]


def paragraph(text: str, *, width: int, indent: str = "") -> str:
    """Text filled to a width; the lines after the first are indented."""
    return "\n".join(
        textwrap.wrap(
            text,
            width,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
    )


def fitted_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
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

    widths = _widths([headers, *rows], width)
    paint = paint or {}

    def cell(text: str, column: int) -> str:
        colour = paint.get(column, str)
        return "\n".join(colour(line) if line else "" for line in wrapped(text, widths[column]))

    # The headers are a row like others: tabulate would make their columns wider than they need.
    ruled = [headers, ["-" * size for size in widths], *rows]
    return str(
        tabulate(
            [[cell(text, i) for i, text in enumerate(row)] for row in ruled],
            tablefmt="plain",
            disable_numparse=True,
            colalign=["right" if i in right else "left" for i in range(len(headers))],
        )
    )


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a cell no wider than ``width``; words are broken only where they must be."""
    lines = [""]
    for word in text.replace("\n", " ").split(" "):
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
