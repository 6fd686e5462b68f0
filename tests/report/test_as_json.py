"""The JSON form is pinned: programs rely on its keys, and on null for what does not exist."""

import json
import math

import pytest

from pcpbench.report import render_json

CELL = [
    *("hardware", "kernel", "scenario", "strategy", "sweep", "seed", "status", "error"),
    *("page_ops", "pages_moved", "simulated_ns", "wall_ns", "metrics", "transplanted"),
]
COMPARISON = [
    *("metric", "scale", "hardware", "kernel", "scenario", "sweep", "baseline", "candidate"),
    *("n", "baseline_value", "candidate_value", "estimate", "low", "high", "margin"),
    *("p_difference", "p_equivalence", "primary", "robust", "verdict"),
    *("low_90", "high_90"),
    *("win_rate", "effect_size", "outliers", "two_groups", "replicates_needed", "reasons"),
    *("baseline_transplanted", "candidate_transplanted"),
    "assumed",
]


def refuse(constant):
    raise AssertionError(f"{constant} in a report")


def read(report, **options):
    return json.loads(render_json(report, **options), parse_constant=refuse)


def test_the_keys_are_those_of_the_format_in_order(report):
    document = read(report)
    assert document["format"] == "pcpbench-report/1"
    assert list(document) == [
        "format",
        "run",
        "cells",
        "comparisons",
        "sensitivity",
        "references",
        "sections",
    ]
    assert list(document["run"]) == ["name", "path", "question", "provenance"]
    assert all(list(cell) == CELL for cell in document["cells"])
    assert all(list(comparison) == COMPARISON for comparison in document["comparisons"])


def test_every_cell_and_every_comparison_is_there_in_order(report):
    document = read(report)
    assert len(document["cells"]) == 60
    assert [c["seed"] for c in document["cells"]] == [r.cell.seed for r in report.results]
    assert len(document["comparisons"]) == len(report.metrics) * 2 * 2
    assert {c["verdict"] for c in document["comparisons"]} <= {
        *("better", "worse", "equivalent", "inconclusive", None),
    }
    assert {c["scale"] for c in document["comparisons"]} <= {"ratio", "difference", "exact"}


def test_a_metric_without_a_value_is_null(report):
    document = read(report)
    assert document["cells"][0]["metrics"]["drain.latency_ns.p99.9"] is None
    (found, *_) = [c for c in document["comparisons"] if c["metric"] == "drain.latency_ns.p99.9"]
    for key in ("baseline_value", "estimate", "low", "high", "p_difference", "verdict", "robust"):
        assert found[key] is None


def test_a_value_that_is_not_finite_is_refused_rather_than_written(make):
    results = make.results(replicates=2)
    results[0].metrics["alloc.failures"] = math.nan
    with pytest.raises(ValueError):
        render_json(make.report(results))


def test_wall_times_and_the_host_are_given_only_on_request(report):
    document = read(report)
    assert all(cell["wall_ns"] is None for cell in document["cells"])
    assert document["run"]["provenance"]["environment"] is None
    timed = read(report, timings=True)
    assert all(cell["wall_ns"] == 77 for cell in timed["cells"])
    assert timed["run"]["provenance"]["environment"]["host"] == "somewhere"


def test_a_sweep_is_an_object(make):
    results = make.results(replicates=2, sweeps=((("machine.cpus", 4),), (("machine.cpus", 16),)))
    document = read(make.report(results))
    assert document["cells"][0]["sweep"] == {"machine.cpus": 4}
    assert {c["sweep"]["machine.cpus"] for c in document["comparisons"]} == {4, 16}


def test_failed_cells_keep_their_error_and_take_the_verdicts_with_them(make):
    results = make.results()
    results[1] = make.failed(results[1])
    document = read(make.report(results))
    assert document["cells"][1]["status"] == "failed"
    assert document["cells"][1]["error"] == "strategy new raised ValueError in drain_all"
    assert document["cells"][1]["metrics"] == {}
    touched = [
        c
        for c in document["comparisons"]
        if (c["candidate"], c["scenario"]) == ("new", "generated")
    ]
    assert touched and {c["verdict"] for c in touched} <= {"inconclusive", None}


def test_equal_runs_give_equal_bytes(make):
    one, other = make.report(make.results()), make.report(make.results())
    assert render_json(one) == render_json(other)


def test_provenance_names_the_engines_and_what_the_run_was_made_from(make):
    from dataclasses import replace

    from pcpbench.store import Source

    sources = (
        Source(kind="hardware", name="epyc", origin="built-in", digest="ab12", content="x: 1"),
        Source(kind="plugin", name="mine", origin="mine 1.2", digest=""),
    )
    engines = {"engine-1": 50, "engine-2": 10}
    report = replace(make.report(make.results()), engines=engines, sources=sources)
    found = read(report)["run"]["provenance"]
    assert found["engines"] == engines
    assert found["sources"] == [
        {"kind": "hardware", "name": "epyc", "origin": "built-in", "sha256": "ab12"},
        {"kind": "plugin", "name": "mine", "origin": "mine 1.2", "sha256": None},
    ]
    assert found["pcpbench"] is None
