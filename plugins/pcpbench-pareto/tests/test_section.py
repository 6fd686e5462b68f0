"""The section names the strategies that no other beats, and stands in every form of report."""

import json

import pytest
from pcpbench_pareto import unbeaten

from pcpbench.cli.main import main

EXPERIMENT = """\
format: pcpbench/1
name: small
question: Which of them is worth choosing?
hardware: epyc-7742
kernel: v5.15
machine: {cpus: 4, isolated: 3, nohz_full: true, isolcpus: true, memory: 64 MiB}
scenarios:
  pressure:
    - {kind: memory-pressure, cpus: housekeeping}
    - {kind: isolated-loop, cpus: isolated}
strategies: [workqueue, spinlock-trylock]
baseline: workqueue
drains: {rate: 500/s}
simulate: {warm_up: 1 ms, time: 20 ms}
replicates: 2
primary: [isolated.noise_ns_per_s, alloc.latency_ns.mean]
"""


@pytest.mark.parametrize(
    ("means", "best"),
    [
        ({"a": [1.0, 5.0], "b": [2.0, 4.0], "c": [2.0, 5.0]}, ["a", "b"]),
        ({"a": [1.0, 1.0], "b": [1.0, 1.0]}, ["a", "b"]),
        ({"a": [1.0, -3.0], "b": [1.0, -2.0]}, ["a"]),
        ({}, []),
    ],
)
def test_a_strategy_is_beaten_by_one_that_is_no_worse_anywhere(means, best):
    assert unbeaten(means) == best


def test_every_form_of_report_has_the_section(tmp_path, monkeypatch, capsys):
    def pcpbench(*words):
        assert main([*words, "-p", "pcpbench_pareto"]) == 0
        return capsys.readouterr().out

    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(EXPERIMENT)
    assert "Worth choosing" in pcpbench("run", "small.yaml", "--output", "run.sqlite")
    for form in ("lkml", "markdown", "html"):
        assert "Worth choosing" in pcpbench("report", "run.sqlite", "--format", form)
    found = json.loads(pcpbench("report", "run.sqlite", "--json"))
    (section,) = found["sections"]
    assert section["name"] == "pareto"
    assert len(section["tables"][0]["rows"]) == 1
