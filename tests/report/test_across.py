"""Two runs beside each other: the text fits, JSON has no holes, notes are told once."""

import json
from dataclasses import replace

import pytest

from pcpbench.report.across import Across, RunBeside, render_across, render_across_json
from pcpbench.statistics import compare_arms
from pcpbench.statistics.across import arms_across
from pcpbench.statistics.gate import gate_of
from pcpbench.store.run_header import RunHeader

NOISE = "isolated.noise_ns_per_s"


def beside(path):
    header = RunHeader(
        name="n",
        question="q",
        experiment={},
        baseline="old",
        primary=(NOISE,),
        margins={},
        engine="e",
    )
    return RunBeside(path=path, header=header)


@pytest.fixture
def across(make):
    old, new = make.results(("x", "y")), make.results(("x", "y"))
    for result in new:
        result.metrics[NOISE] *= 2
    moved = [replace(r, cell=replace(r.cell, seed=r.cell.seed + 100)) for r in new]
    arms = list(arms_across(old, moved, conditions=lambda cell: {}))
    compared = compare_arms(arms, metrics=make.metrics, primary=[NOISE], margins={})
    gated = gate_of([c for c in compared if c.primary], make.metrics)
    return Across(
        old=beside("a.sqlite"),
        new=beside("b.sqlite"),
        comparisons=compared,
        metrics=make.metrics,
        gate=gated,
    )


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_keeps_within_its_width_and_leads_with_how_cells_match(across, width):
    text = render_across(across, width=width)
    assert max(map(len, text.splitlines())) <= width
    assert text.index("unpaired: the runs have no common seeds") < text.index("Gate: fail (4 fail)")
    assert text.count("unpaired") == 1
    assert "both runs were made by the same engine" in " ".join(text.split())


def test_the_json_has_every_comparison_with_its_strategy_and_the_gate(across):
    document = json.loads(render_across_json(across))
    assert list(document) == ["format", "runs", "comparisons", "gate"]
    assert document["runs"]["b"] == {
        "name": "n",
        "path": "b.sqlite",
        "engine": "e",
        "missing_cells": 0,
    }
    assert len(document["comparisons"]) == len(across.comparisons)
    assert {c["strategy"] for c in document["comparisons"]} == {"x", "y"}
    assert document["gate"]["verdict"] == "fail"
    assert {row["metric"] for row in document["gate"]["rows"]} == {NOISE}
    ungated = json.loads(render_across_json(replace(across, gate=None)))
    assert ungated["gate"] is None


def test_failed_cells_are_counted_once_for_each_arm(across):
    failed = [replace(c, n_failed=1) if c.scenario == "recorded" else c for c in across.comparisons]
    assert replace(across, comparisons=tuple(failed)).failed == 2
