"""Every command and code block of README.md, CONTRIBUTING.md and docs/ does what the page says.

`tox -e docs` runs the quick form: runs of the configurations are cut short. With `-m full` too,
they are run as they stand, which takes hours of CPU time in all.

A block is run unless the line before it is a comment that says why it is not:
``<!-- not run: why -->``. Blocks of one page are run in order, in one folder with the project's
configs/ and benchmarks/ in it.

- Lines of options change the page's experiment.
- Indented blocks and ``console`` fences: shell commands; of a fence those after ``$``, and the
  lines below must be what they print, up to ``...``.
- ``yaml``: a file if it begins with ``# name.yaml``, an experiment if it has a format; other keys
  of an experiment are tried in the page's experiment.
- ``python``: a file if it begins with ``# name.py``, else a program.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import pcpbench
from pcpbench.cli.main import COMMANDS, _parser

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted(PROJECT.glob("docs/*.md"))]
PACKAGE = str(Path(pcpbench.__file__).parents[1])
NEEDED = ("configs", "benchmarks", "plugins")
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
INLINE = re.compile(r"`(pcpbench [a-z][^`]*)`")
RUN_OF_A_CONFIG = re.compile(r"(pcpbench run configs/\S+)(?!.*--quick)")
SHORT = "--quick --replicates 2 --set simulate.time=20ms"
# The least experiment that a fragment may be a part of, where its page shows none.
EXPERIMENT = """\
format: pcpbench/1
name: page
question: Is the fragment right?
hardware: epyc-7742
kernel: v5.15
machine: {cpus: 2, isolated: 1, nohz_full: true, isolcpus: true, memory: 128 MiB}
scenarios:
  pressure:
    - {kind: memory-pressure, cpus: housekeeping}
strategies: [workqueue, rcu-swap]
baseline: workqueue
simulate: {warm_up: 1 ms, time: 5 ms}
replicates: 2
primary: [throughput_pages_per_s]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Code of a page. ``language``: of its fence, "" if it is indented. ``why_not``: the reason
    why it is not run, if the page gives one."""

    line: int
    language: str
    text: str
    why_not: str | None


def blocks_of(text: str) -> list[Block]:
    lines = text.split("\n")
    found, i = [], 0
    while i < len(lines):
        fence = re.match(r"```(\w*)", lines[i])
        if fence:
            end = next(j for j in range(i + 1, len(lines)) if lines[j].startswith("```"))
            found.append(_block(lines, i, fence[1], lines[i + 1 : end]))
            i = end + 1
        elif lines[i].startswith("    ") and not lines[i - 1].strip() and not _in_list(lines, i):
            end = i
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            found.append(_block(lines, i, "", [line[4:] for line in lines[i:end]]))
            i = end
        else:
            i += 1
    return found


def _block(lines: list[str], at: int, language: str, content: list[str]) -> Block:
    before = next((line for line in reversed(lines[:at]) if line.strip()), "")
    marked = NOT_RUN.fullmatch(before.strip())
    text = "\n".join(content).rstrip("\n") + "\n"
    return Block(line=at + 1, language=language, text=text, why_not=marked and marked[1])


def _in_list(lines: list[str], at: int) -> bool:
    """Whether an indented paragraph belongs to an item of a list."""
    above = next((line for line in reversed(lines[:at]) if line.strip()), "")
    return bool(re.match(r"\s*([-*]|\d+\.) |  \S", above)) and not above.startswith("    ")


class Sandbox:
    """The folder in which a reader follows a page."""

    def __init__(self, folder: Path, *, whole: bool) -> None:
        self.folder = folder
        self.whole = whole
        self.experiment = EXPERIMENT
        for name in NEEDED:
            (folder / name).symlink_to(PROJECT / name)
        tools = folder / "tools"
        tools.mkdir()
        (tools / "python").symlink_to(sys.executable)
        pcpbench_tool = tools / "pcpbench"
        pcpbench_tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m pcpbench "$@"\n')
        pcpbench_tool.chmod(0o755)
        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": PACKAGE}

    def run(self, command: str) -> str:
        if not self.whole:
            command = RUN_OF_A_CONFIG.sub(rf"\1 {SHORT}", command)
        done = subprocess.run(
            ["bash", "-euc", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, block: Block) -> None:
        named = re.match(r"# (\S+\.(?:py|yaml))\n", block.text)
        if named:
            (self.folder / named[1]).write_text(block.text)
        if block.language == "console":
            self._console(block.text)
        elif block.language == "yaml":
            self._experiment(block.text)
        elif block.language == "python":
            self.run(
                f"python -m py_compile {named[1]}" if named else f"python - <<'E'\n{block.text}E"
            )
        elif block.language == "" and _is_yaml(block.text):
            self._experiment(block.text)
        elif block.language in ("", "sh"):
            for command in _commands(block.text):
                self.run(self._with_options(command) if command.startswith("--") else command)
        else:
            raise AssertionError(f"line {block.line}: nobody knows how to run {block.language}")

    def _with_options(self, options: str) -> str:
        (self.folder / "page.yaml").write_text(self.experiment)
        return f"pcpbench check page.yaml {options}"

    def _console(self, text: str) -> None:
        """Runs the commands after ``$``; each prints the lines shown, up to "..."."""
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            printed = self.run(command).splitlines()
            until = shown.index("...") if "..." in shown else len(shown)
            assert printed[:until] == shown[:until], command

    def _experiment(self, text: str) -> None:
        if text.startswith("- {kind:"):
            text = "scenarios:\n  page:\n" + textwrap.indent(text, "    ")
        if "format:" in text:
            self.experiment = text
        keys = set(yaml.safe_load(text))
        kept = {k: v for k, v in yaml.safe_load(self.experiment).items() if k not in keys}
        whole = yaml.safe_dump({**kept, **yaml.safe_load(text)}, sort_keys=False)
        (self.folder / "page.yaml").write_text(whole)
        self.run("pcpbench check page.yaml")


def _is_yaml(text: str) -> bool:
    return bool(re.match(r"\w+:(\s|$)|- \{kind:", text))


def _commands(text: str) -> Iterator[str]:
    """The commands of a block, those that go on in the next line joined."""
    joined = re.sub(r"\\\n\s*", "", text)
    if '"' in joined and joined.count('"') % 2 == 0 and "\n" in joined.strip():
        yield joined  # a text of several lines
        return
    yield from (line for line in joined.splitlines() if line.strip())


def follow(page: Path, folder: Path, *, whole: bool) -> None:
    sandbox = Sandbox(folder, whole=whole)
    for block in blocks_of(page.read_text()):
        if block.why_not is None:
            try:
                sandbox.follow(block)
            except AssertionError as error:
                raise AssertionError(f"{page.name}:{block.line}: {error}") from error


@pytest.mark.docs
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_stands_on_a_page_runs(page: Path, tmp_path: Path) -> None:
    follow(page, tmp_path, whole=False)


@pytest.mark.full
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_stands_on_a_page_runs_in_full(page: Path, tmp_path: Path) -> None:
    follow(page, tmp_path, whole=True)


def options_of(command: str) -> set[str]:
    parsers = _parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    return {option for a in parsers[command]._actions for option in a.option_strings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_within_sentences_have_the_options_that_they_name(page: Path) -> None:
    wrong = []
    for command in INLINE.findall(page.read_text()):
        _, name, *words = command.replace("\n", " ").split()
        if name not in COMMAND_NAMES:
            wrong.append(command)
            continue
        named = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        wrong += [f"{command}: {option}" for option in named - options_of(name)]
    assert wrong == []


COMMAND_NAMES = set(_parser()._subparsers._group_actions[0].choices)  # type: ignore[union-attr]


def test_there_are_blocks_of_each_kind_and_none_is_passed_over_in_silence() -> None:
    found = [block for page in PAGES for block in blocks_of(page.read_text())]
    assert {block.language for block in found} <= {"", "console", "python", "yaml", "sh"}
    assert len([block for block in found if block.why_not is None]) > 25
    assert len(COMMANDS) == len(COMMAND_NAMES)


PAGE = """\
Text

    pcpbench list strategies
    pcpbench list \\
        kernels

- an item

      within the item

<!-- not run: it needs a network -->

    curl somewhere

```yaml
replicates: 3
```
"""


def test_blocks_are_found_with_their_marks() -> None:
    commands, curl, fragment = blocks_of(PAGE)
    assert list(_commands(commands.text)) == ["pcpbench list strategies", "pcpbench list kernels"]
    assert (curl.why_not, curl.line) == ("it needs a network", 13)
    assert (fragment.language, fragment.text) == ("yaml", "replicates: 3\n")


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("    pcpbench list strategy\n", "there is no kind"),
        ("```console\n$ echo good\nbad\n```\n", "echo good"),
        ("```yaml\nreplicates: many\n```\n", "replicates"),
        ("```python\nassert 1 + 1 == 3\n```\n", "AssertionError"),
        ("```perl\n1\n```\n", "nobody knows how to run perl"),
    ],
)
def test_a_block_that_does_not_run_is_found_with_its_line(
    tmp_path: Path, block: str, why: str
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Text\n\n{block}")
    (tmp_path / "folder").mkdir()
    with pytest.raises(AssertionError, match=rf"(?s)page.md:3: .*{why}"):
        follow(page, tmp_path / "folder", whole=False)
