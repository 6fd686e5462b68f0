"""Synthetic runs for the reports; no simulation is made."""

import random

import pytest

from pcpbench.metrics.builtin import BUILT_IN
from pcpbench.report import build_report
from pcpbench.simulator.cell import Cell, CellResult, Machine, StrategyChoice, WorkloadChoice
from pcpbench.store.run_header import RunHeader

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


@pytest.fixture(scope="session")
def make():
    """The builders above, as one object."""

    class Builders:
        cell = staticmethod(a_cell)
        result = staticmethod(a_result)
        results = staticmethod(some_results)
        failed = staticmethod(failed)
        report = staticmethod(a_report)
        metrics = METRICS

    return Builders


@pytest.fixture(scope="session")
def report(make):
    """Three strategies, two scenarios, ten replicates, nothing failed."""
    return make.report(make.results())
