"""Every form of report tells the same numbers, and survives whatever a run may hold."""

import csv
import io
import json
import math
import re
from html import unescape
from xml.etree import ElementTree

import pytest

from pcpbench.cli.report import FORMATS as CHOICES
from pcpbench.report import FORMATS, Wishes, render
from pcpbench.report.numbers import change_text, value_text

PLAIN = Wishes()


def text_of(report, form):
    """What a reader sees of a form, in one line."""
    text = render(report, form, Wishes(width=1000))
    if form in ("html", "junit"):
        text = unescape(re.sub(r"<[^>]*>", " ", text) + " ".join(re.findall(r'"([^"]*)"', text)))
    if form == "markdown":
        text = re.sub(r"\\(.)", r"\1", text)
    return " ".join(text.split())


def test_the_command_offers_the_forms_that_there_are():
    assert tuple(FORMATS) == tuple(CHOICES)
    assert all(form.summary for form in FORMATS.values())


@pytest.mark.parametrize("form", FORMATS)
def test_equal_runs_give_equal_text_without_wall_times_and_hosts(make, whole, full, form):
    again = whole(make.results(hardware=("epyc", "arm")))
    text = render(full, form, PLAIN)
    assert render(again, form, PLAIN) == text
    assert text.endswith("\n")
    assert "somewhere" not in text and "2001-02-03" not in text
    if form != "csv":  # comparisons take no time
        assert render(full, form, Wishes(timings=True)) != text


@pytest.mark.parametrize("form", ["terminal", "lkml", "markdown", "html", "junit"])
def test_written_forms_show_every_primary_change_as_it_is_everywhere(full, form):
    text = text_of(full, form)
    primary = [c for c in full.comparisons if c.primary]
    assert len(primary) == 24
    for c in primary:
        metric = full.metrics[c.metric]
        assert change_text(c, metric) in text
        if form != "junit":
            assert value_text(c.candidate_value, metric.unit) in text


def numbers(text):
    return None if text == "" else json.loads(text)


def test_csv_and_json_give_the_same_comparisons_to_the_last_digit(full):
    document = json.loads(render(full, "json", PLAIN))
    rows = list(csv.DictReader(io.StringIO(render(full, "csv", PLAIN))))
    assert len(rows) == len(document["comparisons"])
    for row, found in zip(rows, document["comparisons"], strict=True):
        for key in ("estimate", "low", "high", "p_difference", "p_equivalence", "margin", "n"):
            assert numbers(row[key]) == found[key]
        assert (row["verdict"] or None) == found["verdict"]
        assert json.loads(row["primary"]) == found["primary"]
        assert (row["metric"], row["candidate"]) == (found["metric"], found["candidate"])


def test_csv_of_cells_and_json_give_the_same_values(make, whole):
    sweeps = ((("machine.cpus", 4),), (("machine.cpus", 16),))
    results = make.results(replicates=2, sweeps=sweeps)
    results[3] = make.failed(results[3], error='one,\n"two"')
    report = whole(results)
    cells = json.loads(render(report, "json", PLAIN))["cells"]
    rows = list(csv.DictReader(io.StringIO(render(report, "csv-cells", PLAIN))))
    assert len(rows) == len(cells)
    for row, cell in zip(rows, cells, strict=True):
        assert numbers(row["sweep.machine.cpus"]) == cell["sweep"]["machine.cpus"]
        assert (row["strategy"], row["status"], row["error"] or None) == (
            cell["strategy"],
            cell["status"],
            cell["error"],
        )
        for name in report.metrics:
            assert numbers(row[name]) == cell["metrics"].get(name)


NAMES = [
    *("no result", "all failed", "one failed", "one replicate", "baseline alone", "no baseline"),
    *("no value", "huge values", "only zeros", "hostile names", "many strategies", "long names"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMATS)
def test_every_form_survives_every_run(make, whole, form, name):
    runs = make.weird()
    assert list(runs) == NAMES
    text = render(whole(runs[name]), form, PLAIN)
    assert not re.search(r"\b(nan|inf)\b", text, re.IGNORECASE)
    if form == "json":
        json.loads(text)
    if form == "junit":
        ElementTree.fromstring(text)
    if form in ("terminal", "lkml"):
        widest = {"terminal": 80, "lkml": 72}[form]
        assert max(map(len, text.splitlines())) <= widest
    if not form.startswith("csv"):  # which gives names to programs as they are
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text)


# -- a mail to a list


def test_a_mail_has_its_parts_in_order_and_says_that_it_is_a_simulation(full):
    text = render(full, "lkml", PLAIN)
    places = [
        text.index(part)
        for part in (
            "new instead of old",
            "Setup:",
            "isolated.noise_ns_per_s: ",
            "What is significant:",
            "How it was measured:",
        )
    ]
    assert places == sorted(places)
    flat = " ".join(text.split())
    assert "a simulator of the page allocator's per-CPU lists, not from a running kernel" in flat
    assert text.isascii() and "\t" not in text
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_a_mail_lists_every_decided_comparison_and_counts_the_others(full):
    told = render(full, "lkml", PLAIN).split("What is significant:\n")[1].split("\n\n")[0]
    flat = " ".join(told.split())
    decided = [c for c in full.comparisons if c.primary and c.verdict != "inconclusive"]
    assert flat.count(" is better than ") + flat.count(" is equivalent to ") == len(decided)
    assert f"{24 - len(decided)} inconclusive" in flat
    assert "not that nothing changed" in flat


# -- Markdown


def test_rows_of_markdown_tables_have_the_columns_of_their_head(make, whole):
    report = whole(make.weird()["hostile names"])
    lines = render(report, "markdown", PLAIN).splitlines()
    tables = [line for line in lines if line.startswith("|")]
    assert len(tables) > 20
    columns = None
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("|"):
            found = len(re.findall(r"(?<!\\)\|", line))
            columns = columns if before.startswith("|") else found
            assert found == columns
    assert "<script>" not in "\n".join(lines)


# -- JUnit


def suites(report, **wishes):
    return ElementTree.fromstring(render(report, "junit", Wishes(**wishes)))


def test_what_is_worse_fails_and_what_is_undecided_is_skipped(full):
    root = suites(full)
    verdicts = [c.verdict for c in full.comparisons if c.primary]
    cases = root.findall("testsuite[@name='comparisons']/testcase")
    assert len(cases) == len(verdicts)
    for case, verdict in zip(cases, verdicts, strict=True):
        assert (case.find("failure") is not None) == (verdict == "worse")
        assert (case.find("skipped") is not None) == (verdict in ("inconclusive", None))
    assert root.get("tests") == str(24 + len(full.results))
    assert root.get("failures") == str(verdicts.count("worse"))


def test_a_worse_primary_metric_is_a_failure_with_its_numbers(make, whole):
    results = make.results()
    for result in results:
        if result.cell.strategy.label == "new":
            result.metrics["isolated.noise_ns_per_s"] += 1e6
    failures = suites(whole(results)).findall(".//failure")
    assert len(failures) == 2
    assert re.match(
        r"worse: \+.* us/s \[.*\], margin 1 us/s, adjusted p", failures[0].get("message")
    )


def test_a_failed_cell_is_an_error_and_times_are_given_on_request(make, whole):
    results = make.results(replicates=2)
    results[0] = make.failed(results[0], error="bell \x07 and null \x00")
    report = whole(results)
    (error,) = suites(report).findall(".//error")
    assert (
        error.get("message") == "bell \N{REPLACEMENT CHARACTER} and null \N{REPLACEMENT CHARACTER}"
    )
    cell = "testsuite[@name='cells']/testcase[@time]"
    assert suites(report).findall(cell) == []
    timed = suites(report, timings=True).findall(cell)
    assert len(timed) == len(results) - 1
    assert math.isclose(float(timed[0].get("time")), 77e-9, abs_tol=1e-6)
