"""Run files of older versions are read as they are, and upgraded to go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pcpbench.store import RunFile, Session

OLDEST = Path(__file__).parent / "data" / "version-1.sqlite"
SECOND = Path(__file__).parent / "data" / "version-2.sqlite"


def test_a_file_of_the_first_version_is_read_as_it_is_and_upgraded_to_go_on(
    tmp_path: Path, sample: Any
) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(OLDEST.read_bytes())
    with RunFile.open(path) as run:
        assert (run.version, run.header.version, run.sources(), run.metrics()) == (1, "", (), {})
        assert len(run.cells) == 4
        before = run.results(measurements=True)
        assert [result.status for result in before] == ["ok"] * 3
        assert run.engines() == {run.header.engine: 3}
        assert len(run.sessions()) == 1
    assert path.read_bytes() == OLDEST.read_bytes()
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="another", environment={}))
        run.save(sample.result_of(run.cells[3]))
    with RunFile.open(path) as run:
        assert run.version == 3
        assert run.results(measurements=True)[:3] == before
        assert run.engines() == {run.header.engine: 3, "another": 1}


def test_a_file_of_the_second_version_is_read_as_it_is_and_upgraded_to_go_on(
    tmp_path: Path, sample: Any
) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes(SECOND.read_bytes())
    with RunFile.open(path) as run:
        assert (run.version, run.interruptions()) == (2, {})
        assert len(run.sources()) == 2
        assert len(run.metrics()) > 50
        before = run.results(measurements=True)
        assert [result.status for result in before] == ["ok"] * 3
    assert path.read_bytes() == SECOND.read_bytes()
    with RunFile.open(path) as run:
        run.begin_session(Session(engine="another", environment={}))
        run.save(sample.result_of(run.cells[3], interruptions=sample.moments))
    with RunFile.open(path) as run:
        assert (run.version, run.interruptions()) == (3, {})  # it is the second replicate
        assert run.results(measurements=True)[:3] == before
        assert run.engine_of(run.cells[3]) == "another"
