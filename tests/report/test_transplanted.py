"""Every form of report marks strategies in kernels that never had them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pcpbench.plugin import Wishes
from pcpbench.report import render
from pcpbench.report.transplanted import NOTE

LABELS = ("old", "new", "newer", "newest")
EXPERIMENT = {"format": "pcpbench/1", "transplanted": {"old": [], "new": ["v5.15"], "newer": []}}


@pytest.fixture(scope="module")
def marked(whole: Any, make: Any) -> Any:
    return whole(make.results(LABELS, replicates=3), experiment=EXPERIMENT)


@pytest.mark.parametrize("form", ["terminal", "lkml", "markdown", "html"])
def test_a_transplanted_strategy_is_marked_and_the_mark_explained(marked: Any, form: str) -> None:
    text = " ".join(
        render(marked, form, Wishes(width=200)).replace("\N{NO-BREAK SPACE}", " ").split()
    )
    assert "new +" in text.replace("&#160;", " ")
    assert " ".join(NOTE.split()[:4]) in text
    assert "new, transplanted" in text
    assert set(re.findall(r"\b(old|new|newer|newest) \+(?=[ <|])", text)) == {"new"}


def test_json_says_of_each_cell_and_comparison_whether_it_is(marked: Any) -> None:
    found = json.loads(render(marked, "json", Wishes()))
    says = {"old": False, "new": True, "newer": False, "newest": None}
    assert {c["strategy"]: c["transplanted"] for c in found["cells"]} == says
    comparisons = found["comparisons"]
    assert {c["candidate"]: c["candidate_transplanted"] for c in comparisons} == {
        label: says[label] for label in LABELS[1:]
    }
    assert {c["baseline_transplanted"] for c in comparisons} == {False}


def test_a_file_that_does_not_say_has_no_mark(full: Any) -> None:
    for form in ("terminal", "lkml", "markdown", "html"):
        assert "transplanted" not in render(full, form, Wishes())
