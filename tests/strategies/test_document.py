"""The page of the strategies agrees with their classes, and each class says what it must."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from pcpbench.plugin.strategy import Strategy
from pcpbench.strategies.builtin import BUILT_IN
from pcpbench.strategies.document import markdown

PAGE = Path(__file__).parents[2] / "docs" / "strategies.md"
# What an experiment may name; one that is gone breaks the experiments of others.
PROMISED = (
    "ipi",
    "workqueue",
    "static-key-spinlock",
    "rcu-swap",
    "spinlock",
    "rcu-swap-v2",
    "spinlock-irqsave",
    "spinlock-trylock",
    "deferred",
    "qpw",
    "no-pcp",
    "oracle",
)


def test_the_page_agrees_with_the_classes() -> None:
    assert PAGE.read_text() == markdown(BUILT_IN)


def test_every_promised_strategy_is_there() -> None:
    assert tuple(strategy.name for strategy in BUILT_IN) == PROMISED


@pytest.mark.parametrize("strategy", BUILT_IN, ids=PROMISED)
def test_a_strategy_tells_its_source_mechanism_and_memory(strategy: type[Strategy]) -> None:
    about = inspect.getdoc(strategy) or ""
    assert strategy.summary
    assert len(strategy.source) > 20
    assert len(about.splitlines()) > 3
    if strategy.bytes_per_cpu_zone:
        assert "``bytes_per_cpu_zone``" in about
    elif strategy.bytes_per_cpu:
        assert "``bytes_per_cpu``" in about
    else:
        assert "memory" in about or "bytes" in about


def test_each_kernel_release_has_one_historical_strategy() -> None:
    claimed = [kernel for strategy in BUILT_IN for kernel in strategy.historical]
    assert len(claimed) == len(set(claimed))


def test_a_strategy_is_transplanted_where_it_never_ran() -> None:
    by_name = {strategy.name: strategy for strategy in BUILT_IN}
    assert not by_name["workqueue"].is_transplanted("v5.15")
    assert by_name["workqueue"].is_transplanted("v6.2")
    assert by_name["ipi"].is_transplanted("v5.15")
