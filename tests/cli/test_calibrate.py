"""`pcpbench calibrate`: a file that experiments can use, or one clear error and no file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pcpbench.cli.main import main
from pcpbench.hardware.profile import load_profile

two_cpus = pytest.mark.skipif(
    len(os.sched_getaffinity(0)) < 2, reason="the process may use one CPU only"
)


@two_cpus
def test_it_measures_this_machine_and_writes_a_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "here.yaml"
    assert main(["calibrate", "-o", str(path), "--rounds", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["profile"] == str(path)
    assert {"l1_load", "atomic_rmw", "kernel_entry_exit"} <= {m["name"] for m in told["measured"]}
    profile = load_profile(path)
    assert profile.name == "here"
    assert profile.costs["l2_load"].source is not None
    assert profile.costs["dependent_load"].estimate.startswith("derived: ")
    assert '"unlikely to be measurable"' in told["answer"][0]
    assert main(["describe", "here", "-p", str(path)]) == 0
    assert "\nl2_load " in capsys.readouterr().out


@two_cpus
def test_people_are_told_how_to_use_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "here.yaml"
    words = ["calibrate", "-o", str(path), "--rounds", "1", "--nearest", "graviton2"]
    assert main([*words, "--topology", "nearest"]) == 0
    out = capsys.readouterr().out
    assert "From graviton2, the nearest:" in out
    assert f"Written to {path}. To use it: -p {path}" in out
    assert load_profile(path).topology.cpus == 64


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("taken.yaml", 2, "there is something already; choose another name"),
        ("host.yml", 2, "a profile cannot have this name"),
        ("my host.yaml", 2, "a profile cannot have this name"),
        ("nowhere/host.yaml", 5, "it cannot be written (no such file or directory)"),
    ],
)
def test_a_file_that_cannot_be_is_refused_before_measuring(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    code: int,
    said: str,
) -> None:
    monkeypatch.setattr("pcpbench.calibrate.calibrate", lambda *_, **__: pytest.fail("measured"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    (tmp_path / "taken.yaml").write_text("mine")
    assert main(["calibrate", "-o", str(tmp_path / name)]) == code
    told = capsys.readouterr().err
    assert f"{tmp_path / name}: {said}" in told
    assert told.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken.yaml"]
    assert (tmp_path / "taken.yaml").read_text() == "mine"


def test_an_unknown_neighbour_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["calibrate", "-o", str(tmp_path / "a.yaml"), "--nearest", "epyc-7724"]
    assert main(words) == 2
    assert "no hardware profile 'epyc-7724'; did you mean 'epyc-7742'?" in capsys.readouterr().err


def test_too_few_cpus_are_no_bug(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert main(["calibrate", "-o", str(tmp_path / "a.yaml")]) == 5
    assert "only CPU 0 may be used" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt, 130), (MemoryError, 5)])
def test_what_ends_it_early_leaves_no_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[BaseException],
    code: int,
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("pcpbench.calibrate.calibrate", ended)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert main(["calibrate", "-o", str(tmp_path / "a.yaml")]) == code
    assert list(tmp_path.iterdir()) == []
