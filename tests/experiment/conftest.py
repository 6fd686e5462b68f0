from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pcpbench.errors import InputError
from pcpbench.experiment import Experiment, load_experiment
from pcpbench.plugin.registry import Registry, load_registry

PLAIN = """\
format: pcpbench/1
name: plain
question: Does it work?
hardware: [epyc-7742, graviton2]
kernel: v5.15
machine: {cpus: 8, isolated: 6-7, nohz_full: true, isolcpus: true, memory: 1 GiB}
scenarios:
  one:
    - {kind: memory-pressure, cpus: housekeeping, rate: 500 k/s}
    - {kind: isolated-loop, cpus: isolated, touch_every: 50 us}
  two:
    - {kind: repeat, cpus: 0-3}
strategies:
  - workqueue
  - {name: rcu-swap, expedited: true}
baseline: workqueue
simulate: {warm_up: 100 ms, time: 1 s}
replicates: 4
primary: [isolated.noise_ns_per_s, throughput_pages_per_s]
margins:
  throughput_pages_per_s: 1 %
  isolated.noise_ns_per_s: 1 us
"""


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def plain() -> str:
    """A whole experiment, on which tests change single lines."""
    return PLAIN


@pytest.fixture
def load(tmp_path: Path, registry: Registry) -> Callable[..., Experiment]:
    def load_text(text: str | bytes, *settings: str, **keywords: Any) -> Experiment:
        path = tmp_path / "e.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        given = {"registry": registry, **keywords}
        return load_experiment(path, settings=settings, **given)

    return load_text


@pytest.fixture
def complaints(load: Callable[..., Experiment], tmp_path: Path) -> Callable[..., list[str]]:
    """The problems of a text, one a line, with the file's folder left out."""

    def complain(text: str | bytes, *settings: str, **keywords: Any) -> list[str]:
        with pytest.raises(InputError) as caught:
            load(text, *settings, **keywords)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return complain
