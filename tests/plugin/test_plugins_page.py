"""The page for writers of plugins does what it says, block by block."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pcpbench
from pcpbench.plugin import hookspecs
from pcpbench.plugin.drain import Drain
from pcpbench.plugin.strategy import Strategy

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
PACKAGE = str(Path(pcpbench.__file__).parents[1])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, *words = shlex.split(command)
    assert program == "pcpbench"
    return subprocess.run(
        [sys.executable, "-P", "-m", "pcpbench", *words],
        env={**os.environ, "PYTHONPATH": PACKAGE},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def follow(block: str, folder: Path) -> None:
    """Runs a console block: each command succeeds, and prints the lines shown until "..."."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        done = run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        until = shown.index("...") if "..." in shown else len(shown)
        assert done.stdout.splitlines()[:until] == shown[:until]


def test_a_reader_who_follows_the_page_compares_a_strategy(tmp_path: Path) -> None:
    followed = []
    for kind, block in FENCE.findall(PAGE.read_text()):
        followed.append(kind)
        if kind == "console":
            follow(block, tmp_path)
            continue
        name = re.match(r"# (\S+)\n", block)
        assert name, f"a block of {kind} does not begin with the name of its file"
        (tmp_path / name[1]).write_text(block)
    assert followed == [
        *("python", "console", "yaml", "console", "console"),
        *("python", "console"),  # from afar where it pays
        *("python", "console"),  # a metric
        *("python", "console"),  # an executor
    ]
    report = run("pcpbench report compare.sqlite", tmp_path).stdout
    assert "gentle-16" in report


def test_the_page_names_every_primitive_attribute_and_hook() -> None:
    text = PAGE.read_text()
    primitives = [name for name in vars(Drain) if not name.startswith("_")]
    methods = [name for name in primitives if callable(getattr(Drain, name))]
    assert [name for name in methods if f"`d.{name}(" not in text] == []
    declared = [name for name in Strategy.__annotations__ if not name.startswith("_")]
    assert [name for name in declared if f"`{name}`" not in text] == []
    hooks = [name for name in vars(hookspecs) if name.startswith("pcpbench_")]
    assert [name for name in hooks if not re.search(rf"`{name}[`(]", text)] == []
