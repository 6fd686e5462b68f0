"""Tests what the setup scripts ask of a machine that lacks something."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
TOOLS = ("bash", "basename", "dirname", "env", "printf")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder of commands that is all the script finds: no compiler, and a fake apt-get."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    command(folder / "apt-get", f'echo "$@" >> {tmp_path}/asked')
    command(folder / "python3", "exit 0")  # serves, as far as the script can tell
    return folder


def command(path: Path, body: str) -> None:
    path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
    path.chmod(0o755)


def prepare(machine: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Only the part that installs system packages, in a folder without .venv."""
    text = (PROJECT / "scripts" / "prepare.sh").read_text()
    script = machine.parent / "prepare.sh"
    script.write_text("set -euo pipefail\n" + text.rpartition("make_virtual_environment")[0])
    return subprocess.run(
        [str(machine / "bash"), str(script)],
        env={"PATH": str(machine), **environment},
        cwd=machine.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def asked(machine: Path) -> list[str]:
    path = machine.parent / "asked"
    return path.read_text().splitlines() if path.exists() else []


def as_root(machine: Path) -> None:
    """Runs the script as if by root: through a sudo that does nothing, if this is not root."""
    if os.geteuid() != 0:
        command(machine / "sudo", 'exec "$@"')


def test_only_what_is_missing_is_installed(machine: Path) -> None:
    as_root(machine)
    done = prepare(machine)
    assert done.returncode == 0, done.stderr
    assert asked(machine) == ["update -qq", "install -y -qq --no-install-recommends g++"]


def test_nothing_is_installed_where_all_is_there(machine: Path) -> None:
    command(machine / "g++", "exit 0")
    done = prepare(machine)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert asked(machine) == []


def test_a_failed_installation_names_the_packages(machine: Path) -> None:
    as_root(machine)
    command(machine / "apt-get", '[[ "$1" == update ]]')
    done = prepare(machine)
    assert done.returncode == 1
    assert "apt-get could not install: g++" in done.stderr


def test_another_distribution_is_told_what_it_needs(machine: Path) -> None:
    (machine / "apt-get").unlink()
    done = prepare(machine)
    assert done.returncode == 1
    assert "please install: g++ (no apt-get here" in done.stderr


def test_without_root_and_sudo_the_command_is_told(machine: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("this is root")
    done = prepare(machine)
    assert done.returncode == 1
    assert "as root, please run: apt-get install g++" in done.stderr
