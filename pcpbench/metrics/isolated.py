"""Declares what is measured of isolated CPUs: the worst of them, and `.sum` over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pcpbench.metrics.latencies import NO_ISOLATED, Measure
from pcpbench.metrics.metric import Metric, Missing, Number
from pcpbench.metrics.raw import CAUSES, MECHANISMS, RawMeasurements

NO_DRAIN = Missing("no drain was completed")
OSNOISE = "rtla osnoise"

PerCpu = Callable[[RawMeasurements, int], Number | Missing]
Reduce = Callable[[Iterable[Number]], Number]

HOW = {
    "ipi": "inter-processor interrupts",
    "kworker": "kworkers scheduled in",
    "tick": "timer ticks",
    "rcu": "RCU's handlers",
    "lock": "waiting for a list lock that a drain holds",
}
WHY = {
    "drain": "drains of the page lists",
    "vmstat": "vmstat's rounds",
    "lru": "drains of the LRU batches",
    "other": "anything else",
}


def _over_isolated(per_cpu: PerCpu, reduce: Reduce) -> Measure:
    """A metric made of one value of each isolated CPU; missing if there is none."""

    def of(raw: RawMeasurements) -> Number | Missing:
        if not raw.isolated:
            return NO_ISOLATED
        values: list[Number] = []
        for cpu in raw.isolated:
            value = per_cpu(raw, cpu)
            if isinstance(value, Missing):
                return value
            values.append(value)
        return reduce(values)

    return of


def _counter(name: str) -> PerCpu:
    return lambda raw, cpu: raw.counter(f"cpu.{cpu}.{name}")


def _noise_ns(raw: RawMeasurements, cpu: int) -> Number:
    return raw.counter(f"cpu.{cpu}.noise_ps") / 1000


def _noise_ns_per_s(raw: RawMeasurements, cpu: int) -> Number | Missing:
    window_ps = raw.counter("window_ps")
    if not window_ps:
        return Missing("the measured window is empty")
    return raw.counter(f"cpu.{cpu}.noise_ps") * 10**9 / window_ps


def _noise_ns_per_drain(raw: RawMeasurements, cpu: int) -> Number | Missing:
    completed = raw.counter("drain_completed")
    return raw.counter(f"cpu.{cpu}.noise_ps") / (1000 * completed) if completed else NO_DRAIN


def _max_single_noise_ns(raw: RawMeasurements, cpu: int) -> Number:
    return raw.counter(f"cpu.{cpu}.max_single_noise_ps") / 1000


def _available_percent(raw: RawMeasurements, cpu: int) -> Number | Missing:
    window_ps = raw.counter("window_ps")
    if not window_ps:
        return Missing("the measured window is empty")
    return 100 * (window_ps - raw.counter(f"cpu.{cpu}.noise_ps")) / window_ps


def _by_mechanism(mechanism: str) -> PerCpu:
    return lambda raw, cpu: raw.interruptions(cpu, mechanism=mechanism)


def _by_cause(cause: str) -> PerCpu:
    return lambda raw, cpu: raw.interruptions(cpu, cause=cause)


def _worst_and_sum(
    name: str,
    what: str,
    help: str,
    unit: str,
    margin: float,
    raw: str,
    per_cpu: PerCpu,
    source: str = OSNOISE,
) -> tuple[Metric, Metric]:
    """A metric that adds up over CPUs, of the worst isolated CPU and of all of them."""

    def declare(name: str, title: str, help: str, reduce: Reduce) -> Metric:
        return Metric(
            name=name,
            title=title,
            unit=unit,
            better="lower",
            scale="difference",
            margin=margin,
            help=help,
            source=source,
            raw=raw,
            of=_over_isolated(per_cpu, reduce),
        )

    return (
        declare(name, f"{what} of the worst isolated CPU", f"{help}, worst isolated CPU.", max),
        declare(f"{name}.sum", f"{what} of all isolated CPUs", f"{help}, all isolated CPUs.", sum),
    )


def _noise() -> tuple[Metric, ...]:
    noise = "Time taken from the task by interrupts, other threads and locks a drain holds"
    return (
        *_worst_and_sum(
            "isolated.noise_ns", "noise", noise, "ns", 1000.0, "cpu.N.noise_ps", _noise_ns
        ),
        *_worst_and_sum(
            "isolated.noise_ns_per_s",
            "noise",
            f"{noise}, per simulated second",
            "ns_per_s",
            1000.0,
            "cpu.N.noise_ps / window_ps",
            _noise_ns_per_s,
        ),
        *_worst_and_sum(
            "isolated.noise_ns_per_drain",
            "noise per drain",
            f"{noise}, per completed drain (slow strategies complete fewer)",
            "ns",
            100.0,
            "cpu.N.noise_ps / drain_completed",
            _noise_ns_per_drain,
        ),
        Metric(
            name="isolated.max_single_noise_ns",
            title="longest single noise of an isolated CPU",
            unit="ns",
            better="lower",
            scale="difference",
            margin=1000.0,
            help="Longest stretch of noise without a gap, worst isolated CPU.",
            source=OSNOISE,
            raw="cpu.N.max_single_noise_ps",
            of=_over_isolated(_max_single_noise_ns, max),
        ),
        Metric(
            name="isolated.cpu_available",
            title="share of the worst isolated CPU left to its task",
            unit="percent",
            better="higher",
            scale="difference",
            margin=0.001,
            help="Share of the window that noise left to the task, worst isolated CPU.",
            source=OSNOISE,
            raw="1 - cpu.N.noise_ps / window_ps",
            of=_over_isolated(_available_percent, min),
        ),
    )


def _interruptions() -> tuple[Metric, ...]:
    base = "isolated.interruptions"
    raw = "cpu.N.interruptions"
    found = [
        *_worst_and_sum(
            base,
            "interruptions",
            "Times the task was interrupted",
            "count",
            1.0,
            f"{raw}.*.*",
            lambda raw, cpu: raw.interruptions(cpu),
        )
    ]
    for m in MECHANISMS:
        found += _worst_and_sum(
            f"{base}.by_mechanism.{m}",
            f"interruptions through {m}",
            f"Times the task was interrupted through {HOW[m]}",
            "count",
            1.0,
            f"{raw}.{m}.*",
            _by_mechanism(m),
        )
    for c in CAUSES:
        found += _worst_and_sum(
            f"{base}.by_cause.{c}",
            f"interruptions by {c}",
            f"Times the task was interrupted because of {WHY[c]}",
            "count",
            1.0,
            f"{raw}.*.{c}",
            _by_cause(c),
        )
    found += _worst_and_sum(
        "isolated.refills_after_drain",
        "refills after a drain",
        "Times the next allocation had to refill lists that a drain had emptied",
        "count",
        1.0,
        "cpu.N.refills_after_drain",
        _counter("refills_after_drain"),
        source="",
    )
    return tuple(found)


ISOLATED = (*_noise(), *_interruptions())
