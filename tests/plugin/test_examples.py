"""The example packages pass their own tests, and are found once they are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pcpbench

PACKAGE = str(Path(pcpbench.__file__).parents[1])
EXAMPLES = sorted((Path(__file__).parents[2] / "plugins").glob("*/pyproject.toml"))


def run(*words: object, folder: Path, path: str = PACKAGE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_shows_another_hook() -> None:
    sources = [next(path.parent.glob("pcpbench_*/__init__.py")).read_text() for path in EXAMPLES]
    hooks = {line for text in sources for line in text.splitlines() if "def pcpbench_" in line}
    assert len(EXAMPLES) == len(hooks) >= 4


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_passes_its_own_tests(project: Path) -> None:
    done = run("-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=project.parent)
    assert done.returncode == 0, done.stdout


def install(project: Path, site: Path) -> None:
    """What pip leaves of a package: its modules, and the metadata with its entry points."""
    declared = tomllib.loads(project.read_text())
    for module in declared["tool"]["setuptools"]["packages"]:
        shutil.copytree(project.parent / module, site / module)
    name, version = declared["project"]["name"], declared["project"]["version"]
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = declared["project"]["entry-points"]["pcpbench"]
    lines = [f"{key} = {module}" for key, module in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[pcpbench]", *lines, ""]))


@pytest.mark.parametrize("project", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_installed_example_is_found_by_its_entry_point(project: Path, tmp_path: Path) -> None:
    install(project, tmp_path / "site")
    path = os.pathsep.join([PACKAGE, str(tmp_path / "site")])
    listed = run("-P", "-m", "pcpbench", "list", "plugins", folder=tmp_path, path=path)
    assert f"{project.parent.name} 0.1.0" in listed.stdout
    assert listed.stderr == ""
