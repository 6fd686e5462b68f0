from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pcpbench.errors import InputError
from pcpbench.experiment import load_experiment, read_plugins
from pcpbench.plugin.registry import Registry

Complaints = Callable[..., list[str]]
REMEDY = "check the path and its permissions"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "e.yaml: it is empty"),
        ("# only a comment\n", "e.yaml: it is empty"),
        ("- a\n- list\n", "e.yaml:1:1: an experiment is a mapping"),
        ("just words\n", "e.yaml:1:1: an experiment is a mapping"),
        ("name: [a\nb: c\n", "e.yaml:2:2: not YAML: expected ',' or ']', but got ':'"),
        ("a: b\n---\nc: d\n", "e.yaml:2:1: not YAML: but found another document"),
        ("a: \tb: c", "e.yaml:1:4: not YAML: found character"),
        (b"name: \xff\n", "e.yaml:1:7: it is not UTF-8 text"),
        ("name: a\x00b\n", "e.yaml:1:8: not YAML: a control character"),
        ("a: " + "[" * 50_000, "e.yaml:1:35: it is nested too deeply"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "e.yaml:1:4: anchors are not allowed"),
        ("a: '" + "x" * (1 << 20) + "'", "e.yaml: the file is larger than 1 MiB"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_plain_yaml_is_refused(
    text: str | bytes, complaint: str, complaints: Complaints
) -> None:
    told = complaints(text)
    assert len(told) == 1
    assert told[0].startswith(complaint)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, registry: Registry) -> None:
    for path, reason in (
        (tmp_path, "is a directory"),
        (tmp_path / "none.yaml", "no such file or directory"),
        (tmp_path / "a\0b", "no file can have this name"),
    ):
        for read in (read_plugins, lambda path: load_experiment(path, registry=registry)):
            with pytest.raises(InputError) as caught:
                read(path)
            assert str(caught.value) == f"{path}: it cannot be read ({reason}); {REMEDY}"


def test_a_device_without_end_is_too_large(registry: Registry) -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("this system has no /dev/zero")
    with pytest.raises(InputError, match="larger than 1 MiB"):
        load_experiment(Path("/dev/zero"), registry=registry)
