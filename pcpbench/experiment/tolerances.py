"""Decides what the tolerances of a gate may say, in a file and on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pcpbench.errors import InputError
from pcpbench.experiment import sections
from pcpbench.placed_yaml import Entry, Reading, in_file, parse_entries, read_content


@dataclass(frozen=True, slots=True)
class _Declared:
    """The metrics of a run file, as a registry has them."""

    metrics: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


def read_tolerances(
    path: Path | None, texts: Sequence[str], metrics: Mapping[str, Any]
) -> dict[str, float]:
    """Tolerances by metric: fractions on the scale ratio, else in the metric's unit; may be 0.

    ``path``: a YAML file of ``metric: tolerance`` lines. ``texts``: ``metric=tolerance``, which
    win over the file. ``metrics``: those that can be gated. Raises InputError with every problem.
    """
    reading = Reading()
    found: dict[str, float] = {}
    declared = _Declared(metrics)
    if path is not None:
        entry = parse_entries(read_content(path), str(path), in_file(path), reading)
        found |= sections.margins(reading, declared, entry, what="tolerance", may_be_zero=True)
    for text in texts:
        given = _given(text, reading)
        if given is not None:
            found |= sections.margins(reading, declared, given, what="tolerance", may_be_zero=True)
    reading.finish()
    return found


def _given(text: str, reading: Reading) -> Entry | None:
    """``metric=tolerance`` as a mapping of one line."""
    place = f"--tolerance {text}"
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        reading.complain("it is no tolerance", place, "write METRIC=VALUE, such as x.p99='5 %'")
        return None
    try:
        parsed = parse_entries(value, place, lambda line, column: place, reading)
    except InputError as error:
        reading.problems.extend(error.problems)
        return None
    return Entry({name.strip(): Entry(parsed.value, place, place)}, place)
