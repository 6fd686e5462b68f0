"""`pcpbench replay`: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

from pcpbench.cli.main import main

CASE = str(Path(__file__).parents[1] / "data" / "replay" / "5.10-thp")


def test_a_prediction_that_holds_ends_with_0_and_says_what_was_given(capsys):
    assert main(["replay", CASE]) == 0
    shown = capsys.readouterr().out
    assert "kernel v5.10.y, inputs order" in shown
    assert "page frame of an allocation" in shown
    assert "given beside the calls: order of holds" in shown


def test_json_is_one_object(capsys):
    assert main(["replay", CASE, "--inputs", "facts", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["format"], found["kernel"], found["inputs"]) == (
        "pcpbench-replay/1",
        "v5.10.y",
        "facts",
    )
    assert found["first_divergence"] is None


def test_fewer_exact_page_frames_than_required_end_with_1(capsys, tmp_path):
    import lzma

    for packed in Path(CASE).iterdir():
        text = lzma.decompress(packed.read_bytes())
        if packed.stem == "trace.txt":
            # One answer less: every later page of its list is off by one.
            lines = text.splitlines(keepends=True)
            del lines[next(i for i, line in enumerate(lines) if b"mm_page_alloc: " in line)]
            del lines[next(i for i, line in enumerate(lines) if b"entries-in-buffer" in line)]
            text = b"".join(lines)
        (tmp_path / packed.stem).write_bytes(text)
    assert main(["replay", str(tmp_path), "--inputs", "calls", "--require", "1"]) == 1
    assert "were required" in capsys.readouterr().err
    assert main(["replay", str(tmp_path), "--inputs", "calls", "--require", "0"]) == 0


def test_wrong_words_are_told_with_a_remedy(capsys):
    assert main(["replay", CASE, "--kernel", "v5.10"]) == 2
    assert "did you mean 'v5.10.y'" in capsys.readouterr().err
    assert main(["replay", "no/such/case"]) == 2
    assert main(["replay", CASE, "--require", "2"]) == 2
    assert main(["replay", CASE, "--inputs", "guesses"]) == 2
