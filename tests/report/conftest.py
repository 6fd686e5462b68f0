"""Synthetic runs for the reports; no simulation is made."""

import random
from dataclasses import replace

import pytest

from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.metrics.histogram import Histogram
from pcpbench.report import build_report
from pcpbench.report.merged import merged
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.statistics.pairing import Setting
from pcpbench.store.measurements import measurements_from_bytes, measurements_to_bytes
from pcpbench.store.run_header import RunHeader

HOSTILE = '<script>alert("x")</script> & | `*_[x](y)_*` \\ \x07\x1b[31m \N{GREEK SMALL LETTER MU}s'
METRICS = {metric.name: metric for metric in BUILT_IN}
HEADER = {
    "name": "pressure",
    "question": "Does remote draining keep isolated CPUs quiet, and at what price?",
    "experiment": {"format": "pcpbench/1"},
    "baseline": "old",
    "primary": ("isolated.noise_ns_per_s", "alloc.latency_ns.p99", "throughput_pages_per_s"),
    "margins": {"throughput_pages_per_s": 0.01},
    "engine": "engine-1",
    "environment": {"host": "somewhere", "date": "2001-02-03"},
}


def a_cell(label, seed, *, hardware="epyc", scenario="generated", sweep=()):
    return Cell(
        hardware=hardware,
        kernel="v5.15",
        machine=Machine(
            cpus=16,
            isolated=(12, 13, 14, 15),
            nohz_full=True,
            isolcpus=True,
            rcu_normal=False,
            memory_bytes=4 << 30,
            page_bytes=4096,
        ),
        scenario=scenario,
        workloads=(WorkloadChoice(kind="pressure", cpus=(0, 1)),),
        strategy=StrategyChoice(name=label, label=label),
        sweep=sweep,
        seed=seed,
        warm_up_ns=100_000_000,
        time_ns=1_000_000_000,
    )


def some_values(generator, label):
    """A value for every metric: quieter and a little slower than ``old`` for everyone else."""
    factor = 1.0 if label == "old" else 0.5
    values = {}
    for name, metric in METRICS.items():
        if metric.scale == "ratio":
            values[name] = generator.lognormvariate(8, 0.01)
        else:
            values[name] = factor * generator.gauss(10_000, 100)
    values["isolated.interruptions.by_cause.drain"] = 96 if label == "old" else 0
    values["alloc.failures"] = 0
    values["drain.latency_ns.p99.9"] = None
    return values


def a_result(cell, values, **changes):
    missing = {name: "fewer than 30 samples" for name, v in values.items() if v is None}
    fields = {
        "cell": cell,
        "status": "ok",
        "metrics": values,
        "null_reasons": missing,
        "page_ops": 1000,
        "pages_moved": 1100,
        "simulated_ns": 1_000_000_000,
        "wall_ns": 77,
    }
    return CellResult(**{**fields, **changes})


def some_results(
    labels=("old", "new", "newer"), *, replicates=10, sweeps=((),), hardware=("epyc",)
):
    generator = random.Random(1)
    return [
        a_result(
            a_cell(label, seed, hardware=machine, scenario=scenario, sweep=sweep),
            some_values(generator, label),
        )
        for seed in range(1, replicates + 1)
        for machine in hardware
        for scenario in ("generated", "recorded")
        for sweep in sweeps
        for label in labels
    ]


def failed(result, error="strategy new raised ValueError in drain_all"):
    return CellResult(cell=result.cell, status="failed", error=error)


def a_report(results, *, metrics=METRICS, path="run.pcpbench", **header):
    return build_report(RunHeader(**{**HEADER, **header}), results, metrics, path=path)


def measurements(result):
    """Counters and histograms that a cell might have had."""
    seed = result.cell.seed
    latency = Histogram.of([[30_000 + 100 * seed] * 50, [2_000_000, 40_000_000 * seed]])
    own = {f"cpu.{cpu}.alloc_latency": latency for cpu in result.cell.machine.isolated}
    counters = {
        f"cpu.{cpu}.{what}.kworker.drain": value
        for cpu in result.cell.machine.isolated
        for what, value in (("interruptions", 6), ("noise_ps", 9_000_000))
    }
    histograms = {"alloc.latency": latency, "drain.censored": Histogram(), **own}
    return measurements_from_bytes(measurements_to_bytes(counters, histograms))


def weird_runs():
    """Runs that have broken reports somewhere, by name."""
    good = some_results(replicates=2)
    nothing = some_results(replicates=2)
    for result in nothing:
        result.metrics.update(dict.fromkeys(result.metrics))
    huge = some_results(replicates=3)
    for i, result in enumerate(huge):
        result.metrics.update(dict.fromkeys(result.metrics, 10.0 ** (300 - 290 * (i % 2))))
    zero = some_results(replicates=3)
    for result in zero:
        result.metrics.update(dict.fromkeys(result.metrics, 0))
    return {
        "no result": [],
        "all failed": [failed(result) for result in good],
        "one failed": [failed(good[0], error=HOSTILE), *good[1:]],
        "one replicate": some_results(replicates=1),
        "baseline alone": some_results(("old",), replicates=2),
        "no baseline": some_results(("new", "newer"), replicates=2),
        "no value": nothing,
        "huge values": huge,
        "only zeros": zero,
        "hostile names": some_results(("old", HOSTILE), replicates=2, hardware=(HOSTILE,)),
        "many strategies": some_results(("old", *(f"s{i}" for i in range(12))), replicates=2),
        "long names": some_results(("old", "n" * 300), replicates=2, hardware=("h" * 300,)),
    }


@pytest.fixture(scope="session")
def make():
    """The builders above, as one object."""

    class Builders:
        cell = staticmethod(a_cell)
        result = staticmethod(a_result)
        results = staticmethod(some_results)
        failed = staticmethod(failed)
        report = staticmethod(a_report)
        weird = staticmethod(weird_runs)
        hostile = HOSTILE
        metrics = METRICS

    return Builders


@pytest.fixture(scope="session")
def report(make):
    """Three strategies, two scenarios, ten replicates, nothing failed."""
    return make.report(make.results())


@pytest.fixture(scope="session")
def whole(make):
    """A report with measurements, such as every form needs."""

    def build(results, **header):
        found = make.report(results, **header)
        arms = {}
        for result in results:
            if result.status == "ok":
                arm = (Setting.of(result.cell), result.cell.strategy.label)
                arms.setdefault(arm, []).append(measurements(result))
        return replace(found, measured={arm: merged(cells) for arm, cells in arms.items()})

    return build


@pytest.fixture(scope="session")
def full(make, whole):
    return whole(make.results(hardware=("epyc", "arm")))
