"""A terminal report answers first, fits its width, and survives whatever a run may hold."""

import re

import pytest

from pcpbench.metrics.metric import Metric
from pcpbench.report import render_terminal


def long_lines(text, width=80):
    plain = re.sub(r"\x1b\[\d+m", "", text)
    return [line for line in plain.splitlines() if len(line) > width]


def flat(text):
    return " ".join(text.split())


def section(text, title):
    """The text below a title, up to the next title."""
    body = text.split(f"{title}\n{'=' * len(title)}\n", 1)[1]
    return re.split(r"\n[^\n]+\n=+\n", body, maxsplit=1)[0]


def test_the_first_paragraph_asks_and_answers(report):
    first = flat(render_terminal(report).split("\n\n")[0])
    assert first.startswith("pressure: Does remote draining keep isolated CPUs quiet")
    assert "new instead of old: drains interrupt the worst isolated CPU 0 instead of 96" in first
    assert "Noise of the worst isolated CPU better in all 2 settings (-" in first
    assert "For everybody: p99 allocation latency equivalent in all 2 settings" in first
    assert "newer instead of old" in first
    assert "12 primary comparisons" in first


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_asked(make, width):
    long_label = "a-strategy-whose-name-is-longer-than-anyone-would-like:expedited=true"
    results = make.results(
        ("old", "new", "newer", long_label, "more", "x" * 90),
        replicates=3,
        sweeps=((("machine.memory", "a very large amount of memory"),),),
        hardware=("epyc", "a-machine-with-a-name-of-forty-characters"),
    )
    results[1] = make.failed(results[1], error="long " * 60 + "w" * 200)
    text = render_terminal(make.report(results), width=width)
    assert long_lines(text, width) == []


def test_a_usual_report_needs_no_wrapping_at_80_columns(report):
    verdicts = section(render_terminal(report), "Verdicts on primary metrics")
    rows = [line for line in verdicts.splitlines() if re.match(r"  (old|new|newer) ", line)]
    assert len(rows) == 3 * 2 * 3
    assert all(re.search(r"(baseline|better|equivalent|inconclusive)$", row) for row in rows)


def test_strategies_that_do_not_fit_beside_each_other_get_a_table_of_their_own(make):
    labels = ("old", *(f"a-strategy-with-a-name-{i}" for i in range(5)))
    text = render_terminal(make.report(make.results(labels, replicates=2)))
    means = section(text, "Every setting")
    headers = [line for line in means.splitlines() if line.startswith("mean over replicates")]
    assert len(headers) == 2 * 3
    assert all(headers.count(header) == 2 for header in headers)
    assert [header.split()[3:] for header in headers[:3]] == [
        ["old", labels[1]],
        [labels[2], labels[3]],
        [labels[4], labels[5]],
    ]


def test_without_colour_there_is_no_escape_and_with_it_the_layout_is_the_same(report):
    plain, coloured = render_terminal(report), render_terminal(report, colour=True)
    assert "\x1b" not in plain
    assert "\x1b[32mbetter\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_the_same_run_gives_the_same_text(make, report):
    assert render_terminal(make.report(make.results())) == render_terminal(report)


def test_primary_metrics_are_tabled_with_interval_p_and_verdict(report):
    verdicts = section(render_terminal(report), "Verdicts on primary metrics")
    for name in report.header.primary:
        assert f"{name}: " in verdicts
    assert "lower is better; margin 1 us/s" in flat(verdicts)
    row = r"  new +[45]\.\d\d us/s +-[45]\.\d+ us/s \[-[45]\.\d+, -[45]\.\d+\] +<0\.001 +better"
    assert re.search(row, verdicts)


def test_every_setting_shows_means_of_every_strategy_with_units(report):
    means = section(render_terminal(report), "Every setting")
    assert "epyc generated" in means and "epyc recorded" in means
    assert re.search(r"by cause drain +96 +0 +0", means)
    assert re.search(r"memory added \* +9\.\d\d KiB +4\.\d\d KiB", means)
    assert re.search(r"alloc latency p99 +\d\.\d\d us", means)


def test_differences_in_other_metrics_are_listed_and_primary_ones_are_not(report):
    others = section(render_terminal(report), "Differences in other metrics")
    assert re.search(r"isolated\.max_single_noise_ns +better +2 of 2 +-\d", others)
    assert "drain.completed " in others and "differs" in others
    assert "isolated.noise_ns_per_s " not in others


def test_totals_that_agree_with_the_worst_cpu_are_left_out(report):
    others = section(render_terminal(report), "Differences in other metrics")
    assert "isolated.noise_ns " in others
    assert "isolated.noise_ns.sum" not in others.replace("(.sum)", "")


def test_failed_cells_are_told_with_their_error_and_their_seeds(make):
    results = make.results()
    for i in (1, 7, 13):  # "new", generated, seeds 1 to 3
        results[i] = make.failed(results[i])
    text = render_terminal(make.report(results))
    told = flat(section(text, "Failed cells"))
    assert told == (
        "- new (epyc v5.15 generated, seeds 1-3): strategy new raised ValueError in drain_all"
    )
    first = flat(text.split("\n\n")[0])
    assert "3 of 60 cells failed; no comparison with them has a verdict." in first
    assert "3 of 10 pairs have a failed cell (epyc generated, new)" in flat(text)


def test_a_run_in_which_everything_failed_still_has_a_report(make):
    text = render_terminal(make.report([make.failed(r) for r in make.results()]))
    assert "No answer: of 60 cells all failed" in flat(text.split("\n\n")[0])
    assert "strategy new raised ValueError" in section(text, "Failed cells")
    assert "better" not in text.replace("is better", "") and "equivalent " not in text


def test_a_run_without_results_says_so(make):
    assert "No answer: the run has no finished cell." in flat(render_terminal(make.report([])))


def test_a_run_of_the_baseline_alone_says_so_and_shows_its_means(make):
    text = render_terminal(make.report(make.results(("old",))))
    assert "No answer: there is no strategy beside the baseline old." in flat(text)
    assert "by cause drain" in text


def test_one_replicate_decides_nothing_and_says_why(make):
    text = flat(render_terminal(make.report(make.results(replicates=1))))
    assert "With fewer than two replicates nothing can be decided." in text
    assert "12 primary comparisons 0 are decided (12 inconclusive)" in text


def test_missing_values_are_told_with_their_reason(report):
    text = render_terminal(report)
    told = flat(section(text, "Metrics without a value"))
    assert told == "- fewer than 30 samples: drain.latency_ns.p99.9 (60 of 60 cells)"


def test_a_strategy_that_lacks_a_value_shows_null_not_zero(make):
    results = make.results(replicates=2)
    for result in results:
        if result.cell.strategy.label == "new":
            result.metrics["drain.latency_ns.p50"] = None
    means = section(render_terminal(make.report(results)), "Every setting")
    assert re.search(r"latency p50 +\d\.\d\d us +null +\d\.\d\d us", means)


def test_how_it_was_measured_is_told(report):
    told = flat(section(render_terminal(report), "How it was measured"))
    assert "10 replicates (seeds 1-10)" in told
    assert "1 s simulated in each cell, after 100 ms of warm-up" in told
    assert "16 CPUs, isolated 12-15, nohz_full, isolcpus; 4 GiB of memory in pages of 4 KiB" in told
    assert "Kernel v5.15; hardware epyc." in told
    assert "Holm over 12 primary comparisons" in told
    assert "Engine engine-1." in told
    assert "somewhere" not in told and "2001" not in told


def test_estimates_in_the_profile_are_counted_where_the_run_knows_them(make):
    experiment = {"profiles": {"epyc": {"numbers": 41, "estimates": 18}}}
    text = render_terminal(make.report(make.results(replicates=2), experiment=experiment))
    assert "18 of 41 numbers of epyc" in flat(text)


def test_a_primary_metric_that_no_plugin_declares_is_named(make):
    report = make.report(make.results(replicates=2), primary=("gone.metric",))
    text = flat(render_terminal(report))
    assert "gone.metric: not compared, as no plugin in use declares it." in text


def test_a_plugins_metric_is_shown_with_the_others(make):
    mine = Metric(
        name="mine.depth",
        title="depth",
        unit="count",
        better="lower",
        scale="difference",
        margin=1.0,
        help="Depth.",
        raw="depth",
        of=lambda raw: 1,
    )
    results = make.results(replicates=2)
    for result in results:
        result.metrics["mine.depth"] = 7
    report = make.report(results, metrics={**make.metrics, "mine.depth": mine})
    means = section(render_terminal(report), "Every setting")
    assert re.search(r"Others:\n  mine\.depth +7 +7 +7", means)


def test_swept_settings_are_named_by_their_point(make):
    sweeps = ((("machine.cpus", 4),), (("machine.cpus", 16),))
    text = flat(render_terminal(make.report(make.results(replicates=2, sweeps=sweeps))))
    assert "epyc generated machine.cpus=4" in text
    assert "epyc recorded machine.cpus=16" in text


def test_strategies_and_scenarios_are_told_with_their_parameters(make):
    from dataclasses import replace

    results = make.results(replicates=2)
    for i, result in enumerate(results):
        cell = result.cell
        if cell.strategy.label == "new":
            chosen = replace(cell.strategy, name="new", parameters=(("expedited", True),))
            cell = replace(cell, strategy=chosen)
        load = replace(cell.workloads[0], parameters=(("rate", 400_000.0), ("fifo", False)))
        results[i] = replace(result, cell=replace(cell, workloads=(load,), drains_per_s=100.0))
    told = flat(section(render_terminal(make.report(results)), "How it was measured"))
    assert "Strategies: old, the baseline; new (expedited yes); newer." in told
    load = "pressure on CPUs 0-1 (rate 400,000, fifo no), with 100 drains a second."
    assert f"Scenario generated: {load}" in told
    assert f"Scenario recorded: {load}" in told
    kind = results[0].cell.workloads[0].kind
    with_units = make.report(results, experiment={"units": {f"{kind}.rate": "per_s"}})
    told = flat(section(render_terminal(with_units), "How it was measured"))
    assert "pressure on CPUs 0-1 (rate 400 k/s, fifo no), with" in told


def test_wall_times_and_the_host_are_told_on_request_only(report):
    plain, timed = (render_terminal(report, timings=wanted) for wanted in (False, True))
    assert "Wall time" not in plain
    assert "Wall time: 77 ns a cell, 4.62 us in all (somewhere, 2001-02-03)." in flat(timed)
    assert timed.startswith(plain.rstrip("\n"))


def test_a_number_and_its_unit_stay_on_one_line(make):
    for width in range(60, 81):
        text = render_terminal(make.report(make.results(replicates=2)), width=width)
        prose = section(text, "How it was measured")
        assert not re.search(r"\d\n +(%|ms|s|KiB|GiB)\b", prose)


SWEEPS = tuple((("machine.cpus", n),) for n in (4, 8, 16))


def test_a_sweep_is_tabled_along_its_values(make):
    results = make.results(replicates=2, sweeps=SWEEPS)
    for result in results:
        cpus = dict(result.cell.sweep)["machine.cpus"]
        result.metrics["drain.latency_ns.mean"] = 1000.0 * cpus
        if result.cell.strategy.label == "new" and cpus == 8:
            result.metrics["drain.latency_ns.mean"] = None
    curves = section(render_terminal(make.report(results)), "Over the sweep")
    assert "epyc generated over machine.cpus: mean drain latency, mean" in curves
    rows = r"4 +4 us +4 us +4 us\n8 +8 us +null +8 us\n16 +16 us +16 us +16 us"
    assert len(re.findall(rows, re.sub(r"(?m)^ +", "", curves))) == 2


def test_many_settings_are_not_a_wall_of_tables(make):
    many = tuple((("machine.cpus", n),) for n in range(20))
    text = render_terminal(make.report(make.results(replicates=2, sweeps=many)))
    told = flat(section(text, "Every setting"))
    assert told.startswith("40 settings are too many to be shown here: --format markdown")
    assert "Over the sweep" in text and "Verdicts on primary metrics" in text
