"""Every declared metric is measured as declared, or is null with a reason."""

import json
import math

import pytest

from pcpbench.metrics import Histogram, Metric, Missing, RawMeasurements, measure
from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.metrics.raw import CAUSES, MECHANISMS

METRICS = {metric.name: metric for metric in BUILT_IN}
SECOND_PS = 10**12
TOTALS = {
    "window_ps": 2 * SECOND_PS,
    "alloc_calls": 600,
    "free_calls": 400,
    "alloc_pages": 700,
    "free_pages": 500,
    "alloc_failures": 3,
    "fast_allocs": 500,
    "fast_alloc_ps": 10_000_000,
    "drain_asked": 9,
    "drain_joined": 1,
    "drain_skipped": 2,
    "drain_completed": 4,
    "drain_unfinished": 0,
    "drain_pages": 640,
    "drain_ipis": 12,
    "drain_context_switches": 24,
    "drain_grace_periods": 4,
    "reclaim_retries": 7,
    "reclaim_direct_pages": 64,
    "parked_pages_sum": 5000,
    "parked_samples": 10,
    "parked_pages_max": 900,
    "limbo_pages_max": 30,
    "strategy_bytes": 8704,
}
NAMES = (
    *("alloc.latency", "free.latency", "drain.latency"),
    *("zone_lock.wait", "zone_lock.hold", "zone_lock.refill", "zone_lock.flush"),
)


def counters_of(cpu, *, noise_ps, single_ps, each):
    """Counters of an isolated CPU with ``each`` interruptions of every mechanism and cause."""
    found = {
        f"cpu.{cpu}.noise_ps": noise_ps,
        f"cpu.{cpu}.max_single_noise_ps": single_ps,
        f"cpu.{cpu}.refills_after_drain": 10 * each,
    }
    for m in MECHANISMS:
        for c in CAUSES:
            found[f"cpu.{cpu}.interruptions.{m}.{c}"] = each
            found[f"cpu.{cpu}.noise_ps.{m}.{c}"] = each * 1000
    return found


def a_raw(**changes):
    # CPU 6 is noisier in all, CPU 7 has the longer single noise.
    counters = {
        **TOTALS,
        **counters_of(6, noise_ps=8_000_000, single_ps=1_000_000, each=2),
        **counters_of(7, noise_ps=6_000_000, single_ps=3_000_000, each=1),
    }
    many = Histogram.of([[1000 + i] for i in range(20_000)])
    histograms = {**dict.fromkeys(NAMES, many), "drain.censored": Histogram()}
    histograms |= {"cpu.6.alloc_latency": many, "cpu.7.alloc_latency": Histogram()}
    fields = {"counters": counters, "histograms": histograms, "isolated": (6, 7)}
    return RawMeasurements(**{**fields, **changes})


def value(name, raw):
    values, _ = measure(raw, METRICS)
    return values[name]


def without(raw, *names):
    return {name: n for name, n in raw.counters.items() if name not in names}


def test_with_everything_counted_every_metric_has_a_value():
    values, reasons = measure(a_raw(), METRICS)
    assert list(values) == list(METRICS)
    assert reasons == {}
    assert all(math.isfinite(v) for v in values.values())
    assert json.loads(json.dumps(values, allow_nan=False)) == values


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("throughput_calls_per_s", 500),
        ("throughput_pages_per_s", 600),
        ("alloc.fast_path_ns", 20),
        ("alloc.failures", 3),
        ("drain.ipis", 12),
        ("memory.parked_pages.mean", 500),
        ("memory.strategy_bytes", 8704),
        ("isolated.noise_ns", 8000),
        ("isolated.noise_ns.sum", 14_000),
        ("isolated.noise_ns_per_s", 4000),
        ("isolated.noise_ns_per_s.sum", 7000),
        ("isolated.noise_ns_per_drain", 2000),
        ("isolated.max_single_noise_ns", 3000),
        ("isolated.interruptions", 40),
        ("isolated.interruptions.sum", 60),
        ("isolated.interruptions.by_mechanism.ipi", 8),
        ("isolated.interruptions.by_mechanism.ipi.sum", 12),
        ("isolated.interruptions.by_cause.drain", 10),
        ("isolated.interruptions.by_cause.drain.sum", 15),
        ("isolated.refills_after_drain", 20),
    ],
)
def test_a_metric_is_what_its_declaration_says(name, expected):
    assert value(name, a_raw()) == expected


def test_the_worst_of_what_shall_be_high_is_the_lowest():
    assert value("isolated.cpu_available", a_raw()) == pytest.approx(100 - 8e6 / 2e12 * 100)


def test_mechanisms_and_causes_are_two_views_of_the_same_interruptions():
    values, _ = measure(a_raw(), METRICS)
    base = "isolated.interruptions"
    total = values[f"{base}.sum"]
    assert sum(values[f"{base}.by_mechanism.{m}.sum"] for m in MECHANISMS) == total
    assert sum(values[f"{base}.by_cause.{c}.sum"] for c in CAUSES) == total


def test_without_an_isolated_cpu_nothing_is_said_of_one():
    values, reasons = measure(a_raw(isolated=()), METRICS)
    isolated = [name for name in METRICS if name.startswith("isolated.")]
    assert {values[name] for name in isolated} == {None}
    assert {reasons[name] for name in isolated} == {"no isolated CPU"}
    assert not any(name in reasons for name in METRICS if name not in isolated)


@pytest.mark.parametrize(
    ("counter", "name", "reason"),
    [
        ("drain_completed", "isolated.noise_ns_per_drain", "no drain was completed"),
        ("window_ps", "throughput_calls_per_s", "the measured window is empty"),
        ("window_ps", "isolated.cpu_available", "the measured window is empty"),
        ("fast_allocs", "alloc.fast_path_ns", "no allocation took the fast path"),
        ("parked_samples", "memory.parked_pages.mean", "no samples"),
    ],
)
def test_what_would_be_divided_by_zero_is_null_with_a_reason(counter, name, reason):
    raw = a_raw()
    raw = a_raw(counters={**raw.counters, counter: 0})
    values, reasons = measure(raw, METRICS)
    assert values[name] is None
    assert reasons[name] == reason


def test_a_counter_that_the_engine_lacks_is_named():
    raw = a_raw(counters=without(a_raw(), "drain_ipis", "cpu.7.noise_ps"))
    values, reasons = measure(raw, METRICS)
    assert values["drain.ipis"] is None
    assert reasons["drain.ipis"] == "the engine did not count drain_ipis"
    assert reasons["isolated.noise_ns"] == "the engine did not count cpu.7.noise_ps"


def test_a_histogram_that_the_engine_lacks_is_named():
    _, reasons = measure(a_raw(histograms={}), METRICS)
    assert reasons["alloc.latency_ns.p50"] == "the engine did not record alloc.latency"


def a_metric(of):
    return Metric(
        name="mine",
        title="mine",
        unit="count",
        better="lower",
        scale="difference",
        margin=0.0,
        help="Mine.",
        raw="mine",
        of=of,
    )


def divide(raw):
    return 1 / 0


AT = divide.__code__.co_firstlineno + 1


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (divide, f"metric mine raised ZeroDivisionError: division by zero ({__file__}:{AT})"),
        (lambda raw: math.nan, "metric mine is not finite"),
        (lambda raw: math.inf, "metric mine is not finite"),
        (lambda raw: None, "metric mine returned None, which is not a number"),
        (lambda raw: True, "metric mine returned True, which is not a number"),
        (lambda raw: Missing("not today"), "not today"),
    ],
)
def test_a_plugins_metric_that_misbehaves_is_null_and_says_why(of, reason):
    assert measure(a_raw(), {"mine": a_metric(of)}) == ({"mine": None}, {"mine": reason})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unit": "furlong"}, "unit 'furlong' is none of"),
        ({"better": "up"}, "better is 'up'"),
        ({"scale": "log"}, "scale is 'log'"),
        ({"margin": -1.0}, "margin -1.0"),
        ({"margin": math.nan}, "margin nan"),
        ({"margin": math.inf}, "margin inf"),
    ],
)
def test_a_declaration_that_cannot_be_judged_is_refused(wrong, message):
    fields = {"unit": "count", "better": "lower", "scale": "ratio", "margin": 0.1}
    with pytest.raises(ValueError, match=message):
        Metric(name="x", title="x", help="X.", raw="x", of=lambda raw: 1, **{**fields, **wrong})
