"""Words that no command knows are answered with what was meant; help shows examples that hold."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pytest

from pcpbench.cli.examples import EXAMPLES
from pcpbench.cli.main import COMMANDS, _parser, main


def parsers() -> dict[str, argparse.ArgumentParser]:
    return dict(_parser()._subparsers._group_actions[0].choices)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rnu"], "there is no command 'rnu'; did you mean 'run'?"),
        (["run", "x.yaml", "--replictes", "3"], "`pcpbench run` has no option '--replictes'"),
        (["run", "x.yaml", "--replictes=3"], "did you mean '--replicates'?"),
        (["list", "stratgies"], "there is no kind 'stratgies'; did you mean 'strategies'?"),
        (["completion", "tcsh"], "there is no shell 'tcsh'; there are bash, zsh, fish"),
        (["schema", "now"], "'now' is one word more than `pcpbench schema` takes"),
        (["runs", "--zzz"], "`pcpbench runs` has no option '--zzz'; `pcpbench runs --help`"),
    ],
)
def test_a_wrong_word_is_answered_with_the_one_that_was_meant(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_misspelt_file_is_answered_with_the_one_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pressure.yaml").write_text("format: pcpbench/1\n")
    (tmp_path / "presure.txt").write_text("")
    assert main(["check", str(tmp_path / "presure.yaml")]) == 2
    assert "did you mean 'pressure.yaml'?" in capsys.readouterr().err
    assert main(["check", str(tmp_path / "no" / "presure.yaml")]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_the_help_of_every_command_has_examples_that_it_understands() -> None:
    found = parsers()
    assert len(found) == len(COMMANDS)
    for name, parser in found.items():
        told = parser.format_help()
        assert f"pcpbench {name}" in told.partition("usage:")[2].partition("\n\n")[2], name
    for text in EXAMPLES.values():
        for line in text.splitlines():
            command = line.strip().split("    ")[0]
            if command.startswith("pcpbench "):
                assert _parser().read(shlex.split(command)[1:])


def test_sentences_of_the_help_fit_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, parser in parsers().items():
        lines = parser.format_help().splitlines()
        assert [line for line in lines if len(line) > 100 and "{" not in line] == [], name
