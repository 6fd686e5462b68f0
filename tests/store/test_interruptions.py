"""When isolated CPUs were interrupted is kept, of the first replicate."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pcpbench.errors import InputError
from pcpbench.simulator.interruptions import Interruptions
from pcpbench.store import RunFile
from pcpbench.store.interruptions import interruptions_from_bytes, interruptions_to_bytes


def test_the_interruptions_of_the_first_replicate_are_kept(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    header = replace(sample.header, experiment={"seed": 1})
    study = replace(sample.cells[1], study="robustness")
    with RunFile.create(path, header, (*sample.cells, study)) as run:
        for cell in run.cells:
            run.save(sample.result_of(cell, interruptions=sample.moments))
        run.save(
            sample.result_of(sample.cells[1], interruptions=sample.moments)
        )  # replaced, not kept twice
    with RunFile.open(path) as run:
        assert run.interruptions() == {sample.cells[1]: sample.moments}


@pytest.mark.parametrize("found", [Interruptions(), Interruptions(seen=((3, 0),))])
def test_no_interruption_is_kept_as_such(found: Interruptions) -> None:
    assert interruptions_from_bytes(interruptions_to_bytes(found)) == found


def test_interruptions_that_are_damaged_are_named(tmp_path: Path, sample: Any) -> None:
    path = tmp_path / "run.sqlite"
    with RunFile.create(path, replace(sample.header, experiment={"seed": 0}), sample.cells) as run:
        run.save(sample.result_of(sample.cells[0], interruptions=sample.moments))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE interruptions SET interruptions = x'00'")
    with RunFile.open(path) as run, pytest.raises(InputError, match="damaged or cut short"):
        run.interruptions()
