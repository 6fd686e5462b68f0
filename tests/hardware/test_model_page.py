"""The page of the model names the place where each cost of a profile enters, and it does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pcpbench.hardware.cost_keys import COST_MEANINGS

PROJECT = Path(__file__).parents[2]
TABLE = (PROJECT / "docs" / "model.md").read_text().split("| cost | enters in |")[1]


@pytest.mark.parametrize("key", COST_MEANINGS)
def test_the_model_page_says_where_a_cost_enters(key):
    row = re.search(rf"^\| `{key}` \| (.*) \|$", TABLE, re.MULTILINE)
    assert row is not None
    for file in re.findall(r"`([^`]+)`", row[1]):
        assert re.search(rf"\.{key}\b", (PROJECT / "native" / file).read_text())
