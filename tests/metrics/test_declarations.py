"""The declared metrics are those that programs rely on, and the page of docs agrees."""

from pathlib import Path

from pcpbench.metrics.builtin import BUILT_IN, pcpbench_metrics
from pcpbench.metrics.document import markdown

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
LATENCIES = ("mean", "p50", "p99", "p99.9", "max")
# The names of pcpbench-report/1; a name that is gone breaks the programs that read it.
PROMISED = [
    *(f"alloc.latency_ns.{q}" for q in LATENCIES),
    *(f"free.latency_ns.{q}" for q in LATENCIES),
    *("alloc.fast_path_ns", "throughput_calls_per_s", "throughput_pages_per_s"),
    *(f"isolated.{n}" for n in ("noise_ns", "noise_ns_per_s", "noise_ns_per_drain")),
    *("isolated.max_single_noise_ns", "isolated.cpu_available", "isolated.interruptions"),
    *(
        f"isolated.interruptions.by_mechanism.{m}"
        for m in ("ipi", "kworker", "tick", "rcu", "lock")
    ),
    *(f"isolated.interruptions.by_cause.{c}" for c in ("drain", "vmstat", "lru", "other")),
    *(f"isolated.alloc_latency_ns.{q}" for q in LATENCIES),
    "isolated.refills_after_drain",
    *(f"drain.{n}" for n in ("asked", "joined", "skipped", "completed", "unfinished")),
    *(f"drain.latency_ns.{q}" for q in LATENCIES),
    "drain.call_ns",
    *(f"drain.{n}" for n in ("pages", "ipis", "context_switches", "grace_periods")),
    *(f"zone_lock.{n}_ns.{q}" for n in ("wait", "hold", "refill", "flush") for q in LATENCIES),
    *("reclaim.retries", "reclaim.direct_pages", "alloc.failures", "memory.strategy_bytes"),
    *("memory.parked_pages.mean", "memory.parked_pages.max", "memory.limbo_pages.max"),
]


def test_every_promised_metric_is_declared_once():
    names = [metric.name for metric in BUILT_IN]
    assert len(names) == len(set(names))
    assert set(PROMISED) <= set(names)
    assert {n.removesuffix(".sum") for n in names} == set(PROMISED)


def test_the_hook_gives_the_declared_metrics():
    assert tuple(pcpbench_metrics()) == BUILT_IN


def test_the_page_of_docs_agrees_with_the_declarations():
    assert DOCS.read_text() == markdown(BUILT_IN)


def test_a_total_is_there_for_whatever_adds_up_over_cpus():
    names = {metric.name for metric in BUILT_IN}
    for name in names:
        if name.startswith("isolated.interruptions") and not name.endswith(".sum"):
            assert f"{name}.sum" in names


def test_only_what_is_always_above_zero_is_compared_as_a_ratio():
    ratios = {metric.name for metric in BUILT_IN if metric.scale == "ratio"}
    assert not any(n.startswith(("zone_lock.wait", "isolated.noise", "reclaim")) for n in ratios)
    assert {"throughput_pages_per_s", "alloc.latency_ns.p99"} <= ratios


def test_every_declaration_can_be_read_by_a_person():
    for metric in BUILT_IN:
        assert metric.title and not metric.title.endswith(".")
        assert metric.help.endswith(".") and metric.raw
