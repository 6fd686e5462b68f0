"""The experiments that are shipped can be read, and each has a page that says what was found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcpbench.experiment import load_experiment
from pcpbench.plugin.registry import load_registry
from pcpbench.strategies.builtin import BUILT_IN

PROJECT = Path(__file__).parents[2]
CONFIGS = sorted((PROJECT / "configs").glob("*.yaml"))


def name_of(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", CONFIGS, ids=name_of)
def test_a_shipped_experiment_is_sound_and_asks_a_question(path: Path) -> None:
    experiment = load_experiment(path, registry=load_registry())
    assert experiment.name == path.stem
    assert experiment.question.endswith("?")
    assert experiment.primary


@pytest.mark.parametrize("path", CONFIGS, ids=name_of)
def test_a_shipped_experiment_has_its_page(path: Path) -> None:
    assert f"docs/{path.stem}.md" in path.read_text()
    page = (PROJECT / "docs" / f"{path.stem}.md").read_text()
    assert f"pcpbench run configs/{path.name}" in page
    assert "## How to read it" in page


@pytest.mark.parametrize("path", CONFIGS, ids=name_of)
def test_no_isolated_cpu_is_the_first_of_a_later_leaf_of_rcu(path: Path) -> None:
    """Kernels run a work there for each expedited grace period, which is not carried out."""
    experiment = load_experiment(path, registry=load_registry())
    machines = [machine for point in experiment.points for machine in point.machines.values()]
    assert not [cpu for m in machines for cpu in m.isolated if cpu >= 16 and cpu % 16 == 0]


def test_the_history_compares_every_strategy_from_2_to_512_cpus() -> None:
    experiment = load_experiment(PROJECT / "configs" / "history.yaml", registry=load_registry())
    labels = {choice.label for point in experiment.points for choice in point.strategies}
    assert labels == {strategy.name for strategy in BUILT_IN}
    cpus = {m.cpus for point in experiment.points for m in point.machines.values()}
    assert (min(cpus), max(cpus)) == (2, 512)


def test_a_page_names_no_experiment_that_does_not_exist() -> None:
    shipped = {path.name for path in CONFIGS}
    for page in (PROJECT / "docs").glob("*.md"):
        named = re.findall(r"configs/([\w-]+\.yaml)", page.read_text())
        assert set(named) <= shipped, page.name
