"""Tolerances of a gate have the units of their metrics, in a file and on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpbench.errors import InputError
from pcpbench.experiment.tolerances import read_tolerances
from pcpbench.plugin.registry import Registry


def test_they_are_read_from_a_file_and_the_command_line_wins(
    tmp_path: Path, registry: Registry
) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("alloc.latency_ns.p99: 5 %\nisolated.noise_ns_per_s: 1 us\nalloc.failures: 0\n")
    found = read_tolerances(path, ["alloc.latency_ns.p99=2 %"], registry.metrics)
    assert found == {
        "alloc.latency_ns.p99": 0.02,
        "isolated.noise_ns_per_s": 1000.0,
        "alloc.failures": 0.0,
    }
    assert read_tolerances(None, [], registry.metrics) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("alloc.failures", "it is no tolerance"),
        ("=5 %", "it is no tolerance"),
        ("alloc.failures=", "it is no tolerance"),
        ("alloc.failurs=1", "did you mean 'alloc.failures'?"),
        ("alloc.latency_ns.p99=5", "without a unit"),
        ("alloc.latency_ns.p99=-5 %", "it must be from 0 %"),
        ("alloc.failures=[1", "not YAML"),
    ],
)
def test_a_mistake_is_named_with_the_option(registry: Registry, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read_tolerances(None, [text], registry.metrics)
    assert str(caught.value).startswith(f"--tolerance {text}: ")
    assert complaint in str(caught.value)


def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, registry: Registry) -> None:
    path = tmp_path / "t.yaml"
    path.write_text("[1, 2]")
    with pytest.raises(InputError, match=r"t\.yaml:1:1: 'tolerances' is not a mapping"):
        read_tolerances(path, [], registry.metrics)
