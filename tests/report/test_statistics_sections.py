"""What the statistics know beside verdicts is shown: replicates, published numbers, other pairs."""

import json

import pytest

from pcpbench.report import render_json, render_terminal
from pcpbench.report.report import build_report
from pcpbench.statistics.course import Course
from pcpbench.statistics.looks import Look, Until
from pcpbench.store.run_header import RunHeader

NOISE = "isolated.noise_ns_per_s"


def header(make, **changes):
    given = {
        "name": "n",
        "question": "q",
        "experiment": {},
        "baseline": "old",
        "primary": (NOISE,),
        "margins": {},
        "engine": "e",
    }
    return RunHeader(**{**given, **changes})


def told(text):
    return " ".join(text.split())


def reference(**fields):
    given = {
        "name": "a paper's table 1",
        "metric": NOISE,
        "source": "somebody 2001",
        "low": 10_000.0,
        "high": 10_000.0,
        "tolerance": 0.1,
        "relative": True,
        "against": None,
        "hardware": None,
        "kernel": None,
        "scenario": None,
        "strategy": None,
        "sweep": [],
    }
    return {**given, **fields}


def with_references(make, *references):
    asked = header(make, experiment={"reference": list(references)})
    return build_report(asked, make.results(("old", "new")), make.metrics)


def test_published_numbers_are_tabled_with_their_hits_and_misses(make):
    report = with_references(make, reference())
    text = told(render_terminal(report, width=120))
    assert "Published numbers beside those of this run: 2 hit and 2 miss." in text
    assert "table 1: isolated.noise_ns_per_s 10 us/s, accepted 9 us/s to 11 us/s (some" in text
    rows = json.loads(render_json(report))["references"]
    assert [(row["strategy"], row["outcome"]) for row in rows] == [
        ("old", "hit"),
        ("new", "miss"),
    ] * 2


def test_a_published_change_is_shown_in_percent_and_a_gap_with_its_reason(make):
    change = reference(low=-0.5, high=-0.5, against="old", tolerance=0.02, relative=False)
    missing = reference(metric="drain.latency_ns.p99.9", strategy="new", scenario="generated")
    text = told(render_terminal(with_references(make, change, missing), width=120))
    assert "-50.00 % against old, accepted -52.00 % to -48.00 % (somebody 2001)" in text
    assert "no value, fewer than 30 samples" in text


@pytest.mark.parametrize("width", [40, 72, 80, 120])
def test_the_sections_keep_within_the_width(make, width):
    report = with_references(make, reference(), reference(strategy="none"))
    assert max(map(len, render_terminal(report, width=width).splitlines())) <= width


def test_without_published_numbers_nothing_is_said_of_them(make):
    text = render_terminal(with_references(make))
    assert "Published numbers" not in text and "How many replicates" not in text


def test_an_inconclusive_comparison_says_how_many_replicates_would_decide(make):
    results = make.results(("old", "new"))
    for result in results:
        # As large as the noise: with ten replicates nothing is settled.
        factor, shift = (7, 0) if result.cell.strategy.label == "old" else (5, 40)
        result.metrics[NOISE] = 10_000 + shift + 100 * (result.cell.seed * factor % 11)
    report = build_report(header(make, margins={NOISE: 1.0}), results, make.metrics)
    (first, *_) = [c for c in report.comparisons if c.primary and c.verdict == "inconclusive"]
    text = told(render_terminal(report))
    assert f"about {first.replicates_needed:,} replicates" in text


def test_all_pairs_are_tabled_beside_those_with_the_baseline(make):
    results = make.results(("old", "new", "newer"))
    report = build_report(header(make), results, make.metrics, all_pairs=True)
    assert {(c.baseline, c.candidate) for c in report.other_pairs} == {("new", "newer")}
    assert "newer instead of new" in told(render_terminal(report))
    plain = build_report(header(make), results, make.metrics)
    assert len(plain.comparisons) == len(report.comparisons) and plain.other_pairs == ()


@pytest.mark.parametrize(
    ("done", "narrow", "said"),
    [
        (True, True, "That was enough after 14."),
        (True, False, "After 14, the most that was allowed, it is wider."),
        (False, False, "The run is not finished: 14 replicates are next."),
    ],
)
def test_a_run_that_stops_by_width_tells_its_looks(make, done, narrow, said):
    course = Course(
        until=Until(least=10, most=80, ci_width=0.02),
        looks=(Look(replicates=10, relative_width=1.25), Look(replicates=14, relative_width=None)),
        replicates=14,
        done=done,
        narrow=narrow,
    )
    report = build_report(header(make), make.results(), make.metrics, course=course)
    text = told(render_terminal(report))
    assert "10 to 80, until the 95 % interval of every primary comparison" in text
    assert "no wider than 2 %" in text and "10: 1.25" in text and said in text
    until = json.loads(render_json(report))["run"]["provenance"]["until"]
    assert [look["relative_width"] for look in until["looks"]] == [1.25, None]


def test_win_rates_and_effect_sizes_stand_beside_the_verdicts(make):
    report = build_report(header(make), make.results(("old", "new")), make.metrics)
    (first, *_) = [c for c in report.comparisons if c.primary]
    text = told(render_terminal(report))
    assert "new, epyc generated 10 of 10" in text
    assert f"{first.effect_size:+.2f}" in text
