"""With many strategies the report ranks them over all settings."""

from __future__ import annotations

import pytest

from pcpbench.report import render_terminal

LABELS = ("old", "new", "newer", "newest")


def ranking_of(text: str) -> str:
    return text.partition("Ranking over all settings")[2].partition("Verdicts on primary")[0]


@pytest.fixture
def ranking(make):
    return ranking_of(render_terminal(make.report(make.results(labels=LABELS))))


def test_few_strategies_are_not_ranked(make):
    assert ranking_of(render_terminal(make.report(make.results()))) == ""


def test_every_strategy_has_a_place_and_the_baseline_one_of_them(ranking):
    noise = ranking.partition("isolated.noise_ns_per_s")[2].partition("alloc.latency")[0]
    places = [line.split()[:2] for line in noise.splitlines() if line.strip()[:1].isdigit()]
    assert [place for place, _ in places] == ["1", "2", "3", "4"]
    assert {label for _, label in places} == set(LABELS)
    # The synthetic runs halve everybody's noise but the baseline's.
    assert places[-1][1] == "old"
    assert "baseline" in noise


def test_a_strategy_that_failed_somewhere_is_named_below(make):
    results = make.results(labels=LABELS)
    results[1] = make.failed(results[1])
    ranking = ranking_of(render_terminal(make.report(results)))
    assert "not ranked, as they lack a value in some cells: new" in ranking
