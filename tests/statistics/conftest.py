"""Cells and metrics that stand in for those of a run."""

import random
from types import SimpleNamespace

import pytest


def a_metric(name="noise", *, scale="difference", better="lower", margin=1.0):
    return SimpleNamespace(name=name, scale=scale, better=better, margin=margin)


def a_result(label, seed, value, *, status="ok", scenario="s", sweep=(), why="few samples"):
    cell = SimpleNamespace(
        hardware="hw",
        kernel="k",
        scenario=scenario,
        sweep=sweep,
        strategy=SimpleNamespace(label=label),
        seed=seed,
    )
    values = value if isinstance(value, dict) else {"noise": value}
    values = values if status == "ok" else {}
    missing = {name: why for name, v in values.items() if v is None}
    return SimpleNamespace(cell=cell, status=status, metrics=values, null_reasons=missing)


def an_arm(label, values, *, first_seed=1, **options):
    return [a_result(label, first_seed + i, v, **options) for i, v in enumerate(values)]


def some_noise(mean, n=10, spread=1.0, seed=1):
    generator = random.Random(seed)
    return [generator.gauss(mean, spread) for _ in range(n)]


@pytest.fixture(scope="session")
def make():
    """The builders above, as one object."""

    class Builders:
        metric = staticmethod(a_metric)
        result = staticmethod(a_result)
        arm = staticmethod(an_arm)
        noise = staticmethod(some_noise)

    return Builders
