"""What a report only passes through is called *assumed* in every form, and nothing else is."""

from __future__ import annotations

import csv
import io
import json

import pytest

from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.plugin.reports import Wishes
from pcpbench.report import render_json, render_terminal
from pcpbench.report.as_csv import csv_report
from pcpbench.report.assumed import STAR, starred
from pcpbench.report.html.page import html_report
from pcpbench.report.lkml import lkml_report
from pcpbench.report.markdown import markdown_report

FAST_PATH, NOISE = "alloc.fast_path_ns", "isolated.noise_ns_per_s"
WAIT, IPIS = "zone_lock.wait_ns.mean", "drain.ipis"
EQUAL = "equal in every pair of replicates"


@pytest.fixture(scope="module")
def some(make, whole):
    """Noise is 8000 or 4000 ns/s whatever the seed, IPIs are always 7, and waits always in the
    histogram's first bucket: 0 ns."""
    results = make.results(("old", "new"), replicates=4)
    for result in results:
        fixed = 8000.0 if result.cell.strategy.label == "old" else 4000.0
        result.metrics.update({NOISE: fixed, IPIS: 7, WAIT: 0.032})
    return whole(results, primary=(FAST_PATH, NOISE, "throughput_pages_per_s", IPIS, WAIT))


def told(text):
    return " ".join(text.split())


def test_what_is_declared_assumed():
    assert [metric.name for metric in BUILT_IN if metric.assumed] == [
        *("alloc.latency_ns.p50", "free.latency_ns.p50", FAST_PATH),
        "isolated.alloc_latency_ns.p50",
        "zone_lock.refill_ns.p50",
        "memory.strategy_bytes",
    ]


def test_programs_are_told_what_a_comparison_passes_through(some):
    found = {c["metric"]: c["assumed"] for c in json.loads(render_json(some))["comparisons"]}
    assert "masking" in found[FAST_PATH]
    assert found[NOISE].startswith(EQUAL)
    # Found: counts, what differs from seed to seed, and nothing at all.
    assert found[IPIS] is found["throughput_pages_per_s"] is found[WAIT] is None
    rows = csv.DictReader(io.StringIO(csv_report(some, Wishes())))
    assert {row["metric"]: row["assumed"] or None for row in rows} == found


def test_tables_say_it_below_and_in_the_caption(some):
    for text in (render_terminal(some, width=120), markdown_report(some, Wishes())):
        plain = told(text.replace("\\", ""))
        assert "; assumed: the path, masking, lock" in plain
        assert plain.count(f"- assumed: {EQUAL}") == 1
        assert f"{STAR.removeprefix('* ')}" in plain


def test_the_answer_says_it(some):
    assert "cost of the allocation fast path (assumed) " in told(render_terminal(some, width=120))


def test_the_matrix_of_verdicts_says_it_in_the_cell(some):
    matrix = html_report(some, Wishes()).split('<section id="verdicts"')[1].split("</section>")[0]
    # Fast path and noise, in two settings.
    assert matrix.count('<span class="num">assumed</span>') == 4


def test_a_mail_says_it_of_each_decided_comparison(some):
    lines = told(lkml_report(some, Wishes())).split(" - ")
    (noise, *_) = [line for line in lines if "noise" in line and "better than" in line]
    (ipis, *_) = [line for line in lines if "equivalent to" in line and "IPIs by drains" in line]
    assert noise.endswith("; assumed, not found")
    assert "assumed" not in ipis


def test_a_row_of_many_settings_has_a_star_if_all_of_them_only_pass_through(some):
    by_name = {name: [c for c in some.comparisons if c.metric == name] for name in some.metrics}
    noise, throughput = by_name[NOISE], by_name["throughput_pages_per_s"]
    assert starred(some.metrics[NOISE], noise) == f"{NOISE} *"
    assert starred(some.metrics[NOISE], [*noise, *throughput]) == NOISE
    assert starred(some.metrics[FAST_PATH], by_name[FAST_PATH]) == f"{FAST_PATH} *"
