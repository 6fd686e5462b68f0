"""Decides which cell of a run the user means: by its number, or by words of its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pcpbench.errors import InputError, suggestion
from pcpbench.simulator.cell import Cell, CellResult

KEYS = ("hardware", "kernel", "scenario", "strategy", "seed")
REMEDY = "`pcpbench report {path} --format csv-cells` lists the cells"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedCell:
    """A result, and the row of `--format csv-cells` in which it stands, from 1."""

    number: int
    result: CellResult


def columns_of(cell: Cell) -> dict[str, str]:
    """What names a cell, as `--format csv-cells` writes it; swept paths as ``sweep.PATH``."""
    values = (cell.hardware, cell.kernel, cell.scenario, cell.strategy.label, str(cell.seed))
    swept = {f"sweep.{path}": str(value) for path, value in cell.sweep}
    return {**dict(zip(KEYS, values, strict=True)), **swept}


def matching_cells(
    cells: Sequence[NumberedCell], words: Sequence[str], path: Path
) -> list[NumberedCell]:
    """The cells that all words name: a number alone, ``COLUMN=VALUE``, or a value of any column.

    They differ in their seeds at most. Raises InputError for a word that names none, with one
    like it, and for words that leave a choice between settings or strategies.
    """
    if len(words) == 1 and words[0].isascii() and words[0].isdigit():
        return [_numbered(cells, int(words[0]), path)]
    found = list(cells)
    for word in words:
        left = [cell for cell in found if _means(word, columns_of(cell.result.cell))]
        if not left:
            raise _unknown(word, found, path)
        found = left
    _one_setting(found, path)
    return found


def _numbered(cells: Iterable[NumberedCell], number: int, path: Path) -> NumberedCell:
    known = {cell.number: cell for cell in cells}
    if number not in known:
        there = f"the finished ones are {min(known)} to {max(known)}" if known else "it has none"
        raise InputError.one(
            f"the run has no finished cell {number}; {there}",
            str(path),
            REMEDY.format(path=path),
        )
    return known[number]


def _means(word: str, columns: Mapping[str, str]) -> bool:
    key, equals, value = word.partition("=")
    if equals and key in columns:
        return columns[key] == value
    if equals and f"sweep.{key}" in columns:
        return columns[f"sweep.{key}"] == value
    # A bare number is a seed only where it is called so.
    return word in (text for column, text in columns.items() if column != "seed")


def _unknown(word: str, cells: Iterable[NumberedCell], path: Path) -> InputError:
    rows = [columns_of(cell.result.cell) for cell in cells]
    names = {text for row in rows for key, text in row.items() if key != "seed"}
    names |= {f"{key}={text}" for row in rows for key, text in row.items()}
    return InputError.one(
        f"no finished cell is called '{word}'{suggestion(word, sorted(names))}",
        str(path),
        REMEDY.format(path=path),
    )


def _one_setting(cells: Sequence[NumberedCell], path: Path) -> None:
    rows = [columns_of(cell.result.cell) for cell in cells]
    for key in dict.fromkeys(key for row in rows for key in row):
        values = list(dict.fromkeys(row.get(key, "") for row in rows))
        if key != "seed" and len(values) > 1:
            raise InputError.one(
                f"these words name {len(cells)} cells, with {key} {' or '.join(values[:6])}",
                str(path),
                f"say which, as in {key}={values[0]}",
            )
