"""An experiment knows which of its strategies its kernels never had."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpbench.errors import InputError
from pcpbench.experiment import load_experiment
from pcpbench.experiment.experiment import Experiment
from pcpbench.plugin.registry import load_registry

TEXT = """\
format: pcpbench/1
name: small
question: Does it work?
hardware: epyc-7742
kernel: [v5.15, v6.2]
machine: {cpus: 3, isolated: 2, nohz_full: true, isolcpus: true, memory: 64 MiB}
scenarios:
  generated:
    - {kind: repeat, cpus: housekeeping}
strategies: [workqueue, spinlock-trylock, {name: rcu-swap, label: swap}]
baseline: workqueue
simulate: {warm_up: 1 ms, time: 5 ms}
replicates: 2
"""
RAISING = """
from pcpbench.plugin import Strategy, hookimpl

class Mine(Strategy):
    name = "mine"

    @classmethod
    def is_transplanted(cls, kernel):
        raise ValueError("no such kernel")

    def drain_all(self, d):
        yield d.scan_counts()

@hookimpl
def pcpbench_strategies():
    return [Mine]
"""


def test_each_strategy_names_the_kernels_that_never_had_it(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(TEXT)
    experiment = load_experiment(path, registry=load_registry())
    assert experiment.transplanted == {
        "workqueue": ("v6.2",),
        "spinlock-trylock": ("v5.15",),
        "rcu-swap": ("v5.15", "v6.2"),
    }
    assert Experiment.from_resolved(experiment.resolved()) == experiment
    older = {key: value for key, value in experiment.resolved().items() if key != "transplanted"}
    assert Experiment.from_resolved(older).transplanted == {}


def test_a_strategy_that_cannot_say_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RAISING)
    path = tmp_path / "small.yaml"
    path.write_text(TEXT.replace("[workqueue,", "[workqueue, mine,"))
    with pytest.raises(InputError, match=r"'mine', is_transplanted raised ValueError: .*mine.py:9"):
        load_experiment(path, registry=load_registry([str(tmp_path / "mine.py")]))
