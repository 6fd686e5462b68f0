"""A verdict is examined in every draw, and the numbers that turn it are named."""

from __future__ import annotations

import random

import pytest
from stand_ins import METRICS, Cell, Result, Strategy, comparison

from pcpbench.statistics.sensitivity import examined_verdicts

DRAWS = 64


def drawn(candidate, *, draws=DRAWS, baseline=lambda at: 100.0, metric="noise", noise=0.0):
    """Cells at the values and at places of three numbers; ``candidate``: its value by places from
    -1 to 1."""
    generator = random.Random(4)
    columns = [generator.sample(range(draws), draws) for _ in range(3)]
    names = ("locking", "masking", "reclaim")
    every = [()]
    for row in zip(*columns, strict=True):
        every.append(tuple((n, 10_000 * x // (draws - 1)) for n, x in zip(names, row, strict=True)))
    results = []
    for places in every:
        at = {name: 0.0 for name in names} | {name: p / 5000 - 1 for name, p in places}
        for label, value in (("old", baseline), ("new", candidate)):
            found = value(at) + (generator.gauss(0, noise) if places else 0.0)
            results.append(Result(Cell(Strategy(label), cost_places=places), {metric: found}))
    return results


def examined(candidate, *, compared=None, **options):
    (found,) = examined_verdicts([compared or comparison()], drawn(candidate, **options), METRICS)
    return found


def test_a_verdict_that_no_number_moves_holds_in_every_draw():
    found = examined(lambda at: 90.0)
    assert (found.draws, found.turned, found.numbers) == (DRAWS, 0, ())
    assert set(found.estimates) == {-10.0}


def test_the_number_that_turns_a_verdict_is_named_with_its_end():
    # Masking at its high end adds 20: the interval of -12 to -8 passes 0 from 8 on.
    found = examined(lambda at: 90 + 20 * at["masking"], noise=0.5)
    assert found.turned == pytest.approx(DRAWS * 0.3, abs=4)
    (influence,) = found.numbers
    assert (influence.number, influence.turns_at) == ("masking", "high")
    assert influence.correlation > 0.95
    assert influence.p < 1e-6


def test_of_several_numbers_the_strongest_comes_first():
    found = examined(lambda at: 90 + 16 * at["locking"] - 8 * at["reclaim"], noise=0.5)
    told = [(i.number, i.turns_at) for i in found.numbers]
    assert told == [("locking", "high"), ("reclaim", "low")]


def test_an_equivalence_may_be_left_on_both_sides():
    same = comparison(verdict="equivalent", estimate=0.0, low=-0.2, high=0.2)
    found = examined(lambda at: 100 + 2 * at["masking"], compared=same, noise=0.05)
    # 0.2 and the shift stay within 1 where the shift is at most 0.8 of 2.
    assert found.turned == pytest.approx(DRAWS * 0.6, abs=3)
    assert [(i.number, i.turns_at) for i in found.numbers] == [("masking", "either")]


def test_ratios_are_moved_by_logarithm():
    faster = comparison(metric="latency", scale="ratio", estimate=-0.2, low=-0.25, high=-0.15)
    found = examined(lambda at: 80 * 1.5 ** at["locking"], compared=faster, metric="latency")
    # The upper end, 0.85, passes 1 where 1.5 ** place > 1 / 0.85, from a place of 0.40 on.
    assert found.turned == pytest.approx(DRAWS * 0.3, abs=2)
    assert min(found.estimates) == pytest.approx(0.8 / 1.5 - 1, abs=0.01)


def test_noise_names_a_number_in_at_most_5_percent_of_verdicts():
    named = 0
    for seed in range(60):
        generator = random.Random(seed)
        found = examined(lambda at, g=generator: 90 + (g.gauss(0, 10) if any(at.values()) else 0))
        assert found.turned > 0
        named += bool(found.numbers)
    assert named <= 6  # 3 are expected of 60; more than 6 in 1 of 30 such tests


def test_only_verdicts_on_primary_metrics_with_values_are_examined():
    cells = drawn(lambda at: 90.0)
    others = [comparison(primary=False), comparison(verdict="inconclusive"), comparison(metric="x")]
    assert examined_verdicts(others, cells, METRICS) == ()
    at_values = [r for r in cells if r.cell.cost_places]
    assert examined_verdicts([comparison()], at_values, METRICS) == ()
    assert examined_verdicts([comparison()], cells[: 2 * 8], METRICS) == ()


def test_draws_of_which_a_cell_failed_do_not_count():
    cells = drawn(lambda at: 90.0)
    lost = [r if i != 5 else Result(r.cell, {}, status="failed") for i, r in enumerate(cells)]
    (found,) = examined_verdicts([comparison()], lost, METRICS)
    assert found.draws == DRAWS - 1
