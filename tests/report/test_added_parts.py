"""Plugins add sections and forms to reports; one that fails does not take the others along."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pcpbench.errors import InputError
from pcpbench.plugin import ReportFormat, ReportSection, Wishes
from pcpbench.report import FORMATS, Heading, Section, Table, format_named, render
from pcpbench.report.sections import SECTIONS

WRITTEN = ("terminal", "lkml", "markdown", "html")
ADDED = Section(
    title="Weather",
    text="It is part of the model.",
    tables=[
        Table(caption="Rain", headers=["a", "b"], rows=[Heading("East"), ["1 mm", "2 mm"]]),
    ],
    items=["no snow was seen"],
)


def with_section(report: Any, build: Any, **keywords: Any) -> Any:
    section = ReportSection(name="weather", summary="s", build=build, **keywords)
    return replace(report, sections=(*SECTIONS, section))


@pytest.mark.parametrize("form", WRITTEN)
def test_every_written_form_shows_the_section_of_a_plugin(full: Any, form: str) -> None:
    text = render(with_section(full, lambda report, wishes: ADDED), form, Wishes())
    for told in ("Weather", "It is part of the model.", "Rain", "East", "2 mm", "no snow"):
        assert told in text


def test_json_has_it_under_its_name(report: Any) -> None:
    text = render(with_section(report, lambda report, wishes: ADDED), "json", Wishes())
    (section,) = json.loads(text)["sections"]
    assert section == {
        "name": "weather",
        "title": "Weather",
        "text": "It is part of the model.",
        "items": ["no snow was seen"],
        "tables": [{"caption": "Rain", "headers": ["a", "b"], "rows": ["East", ["1 mm", "2 mm"]]}],
    }


def test_a_section_that_says_nothing_leaves_no_trace(full: Any) -> None:
    for form in FORMATS:
        plain = render(full, form, Wishes())
        for nothing in (None, Section(title="Weather")):
            added = with_section(full, lambda report, wishes, found=nothing: found)
            assert render(added, form, Wishes()) == plain


def raising(report: Any, wishes: Any) -> Any:
    raise LookupError("no barometer")


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (raising, "section 'weather' raised LookupError: no barometer"),
        (lambda report, wishes: 3, "gave int, which is neither a Section nor None"),
        (lambda report, wishes: Section(title="t", items=[3]), "that are no texts"),
        (lambda report, wishes: Section(title="t", tables=[3]), "gave int as a table"),
        (
            lambda report, wishes: Section(
                title="t", tables=[Table(caption="", headers=["a"], rows=[["1", "2"]])]
            ),
            "a row that is not 1 texts",
        ),
    ],
)
@pytest.mark.parametrize("form", ["terminal", "json"])
def test_a_section_that_fails_says_so_in_its_place(
    report: Any, form: str, build: Any, why: str
) -> None:
    text = render(with_section(report, build), form, Wishes(width=200))
    assert why in text
    assert "isolated.noise_ns_per_s" in text


def test_sections_of_values_are_left_out_where_no_cell_has_any(make: Any) -> None:
    failed = make.report([make.failed(result) for result in make.results(replicates=2)])
    for of_values in (True, False):
        report = with_section(failed, lambda report, wishes: ADDED, of_values=of_values)
        assert ("Weather" in render(report, "terminal", Wishes())) is not of_values


def test_a_form_of_a_plugin_is_made_by_its_function(report: Any) -> None:
    form = ReportFormat(name="names", summary="s", render=lambda r, w: ", ".join(r.strategies))
    assert render(report, form, Wishes()) == "old, new, newer"


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (raising, r"format 'names' raised LookupError: no barometer \(.*test_added_parts.py:\d"),
        (lambda report, wishes: 3, "gave int and no text"),
        ("no_such_module:f", "raised ModuleNotFoundError"),
    ],
)
def test_a_form_that_fails_is_named(report: Any, function: Any, why: str) -> None:
    form = ReportFormat(name="names", summary="s", render=function)
    with pytest.raises(InputError, match=why):
        render(report, form, Wishes())


def test_a_misspelt_form_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match="did you mean 'markdown'"):
        format_named("markdwon", FORMATS)
