"""The experiments that reproduce published numbers can be run, and their page shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpbench.experiment import load_experiment
from pcpbench.plugin.registry import load_registry

PROJECT = Path(__file__).parents[2]
PUBLISHED = sorted((PROJECT / "configs" / "published").glob("*.yaml"))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_published_experiment_compares_with_numbers_that_name_their_source(path):
    experiment = load_experiment(path, registry=load_registry())
    assert experiment.reference
    assert all(reference.source for reference in experiment.reference)
    names = [reference.name for reference in experiment.reference]
    assert len(set(names)) == len(names)
    page = (PROJECT / "docs" / "published.md").read_text()
    assert f"`{path.stem}`" in page
