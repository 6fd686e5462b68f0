"""Tests what belongs to the identity of the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpbench.runner import engine_identity


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name in ("native_digest.txt", "strategies/workqueue.py", "kernels/presets/v5.15.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("first")
    return tmp_path


def test_the_identity_is_short_and_stays(package: Path) -> None:
    identity = engine_identity(package)
    assert len(identity) == 16
    assert int(identity, 16) >= 0
    assert engine_identity(package) == identity


@pytest.mark.parametrize(
    "name",
    ["native_digest.txt", "strategies/workqueue.py", "kernels/presets/v5.15.yaml", "trace/new.py"],
)
def test_what_can_change_a_result_changes_the_identity(package: Path, name: str) -> None:
    before = engine_identity(package)
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("second")
    assert engine_identity(package) != before


@pytest.mark.parametrize("name", ["report/terminal.py", "strategies/__pycache__/workqueue.pyc"])
def test_what_only_shows_or_caches_does_not(package: Path, name: str) -> None:
    before = engine_identity(package)
    (package / name).parent.mkdir(parents=True)
    (package / name).write_text("new")
    assert engine_identity(package) == before


def test_this_package_has_an_identity() -> None:
    assert engine_identity() == engine_identity()
