"""Decides what a reader must know beside the numbers: failures, gaps, and how it was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pcpbench.report.assumed import STAR
from pcpbench.report.numbers import value_text, values_text
from pcpbench.report.report import Report
from pcpbench.report.robustness import examined
from pcpbench.report.sensitivity import sensitivity_told
from pcpbench.report.settling import settling_told
from pcpbench.report.words import listed, number_ranges, plural
from pcpbench.report.workloads import scenarios_told, strategies_told
from pcpbench.simulator.cell import CellResult, Machine

MANY_METRICS = 6


def failures(report: Report) -> list[str]:
    """The errors of failed cells; those that differ only in the seed share a line."""
    seeds: dict[tuple[str, str, str], list[int]] = {}
    for result in (*report.failed, *report.beside_failed):
        cell = result.cell
        where = " ".join(
            [cell.hardware, cell.kernel, cell.scenario, *_sweep(result), *_study(result)]
        )
        error = " ".join((result.error or "no reason was given").split())
        seeds.setdefault((where, cell.strategy.label, error), []).append(cell.seed)
    return [
        f"- {label} ({where}, {_seeds(found)}): {error}"
        for (where, label, error), found in seeds.items()
    ]


def _study(result: CellResult) -> list[str]:
    return [f"for {result.cell.study}"] if result.cell.study else []


def gaps(report: Report) -> list[str]:
    """Metrics without a value, by reason, with the number of cells that lack them."""
    counts: dict[str, Counter[str]] = {}
    for result in report.results:
        if result.status == "ok":
            for name, value in result.metrics.items():
                if value is None:
                    reason = result.null_reasons.get(name, "it was not measured")
                    counts.setdefault(reason, Counter())[name] += 1
    whole = len(report.results) - len(report.failed)
    return [f"- {reason}: {_names(names, whole)}" for reason, names in counts.items()]


def setup(report: Report) -> list[str]:
    """What was simulated, a line for each matter; the first part of ``measured``."""
    cells = [result.cell for result in report.results]
    if not cells:
        return []
    seeds = {cell.seed for cell in cells}
    return [
        f"{plural(len(seeds), 'replicate')} ({_seeds(sorted(seeds))}) of each strategy and "
        "setting; strategies share their random numbers, so they are compared pair by pair.",
        _time(report),
        *([settling_told(report)] if settling_told(report) else []),
        *[_machine(machine) for machine in dict.fromkeys(cell.machine for cell in cells)],
        f"Kernel {_listed(cell.kernel for cell in cells)}; hardware "
        f"{_listed(cell.hardware for cell in cells)}. {_estimates(report)}".rstrip(),
        strategies_told(report),
        *scenarios_told(report),
    ]


def method(report: Report) -> list[str]:
    """How it was judged and by what it was made; the second part of ``measured``."""
    lines = [_method(report), _made_by(report)]
    if any(metric.assumed for metric in report.metrics.values()):
        lines.append(STAR)
    return lines


def measured(report: Report) -> list[str]:
    """How the run was made, a line for each matter."""
    return [*setup(report), *method(report)] if report.results else []


def timings(report: Report) -> list[str]:
    """Where, when and how long: what differs from run to run."""
    wall_s = [r.wall_ns / 1e9 for r in report.results if r.wall_ns is not None]
    if not wall_s:
        return []
    environment = report.header.environment
    where = ", ".join(
        environment[key] for key in ("host", "machine", "date") if environment.get(key)
    )
    took = values_text([1e9 * s for s in wall_s], "ns")
    return [
        f"Wall time: {took} a cell, {value_text(1e9 * sum(wall_s), 'ns')} in all"
        + (f" ({where})." if where else ".")
    ]


def _time(report: Report) -> str:
    times = [float(result.cell.time_ns) for result in report.results]
    warm_ups = [float(result.cell.warm_up_ns) for result in report.results]
    calls = sum(result.page_ops for result in report.results)
    return (
        f"{values_text(times, 'ns')} simulated in each cell, after {values_text(warm_ups, 'ns')} "
        f"of warm-up that is not measured; {plural(calls, 'page call')} in all."
    )


def _machine(machine: Machine) -> str:
    isolated = (
        f"isolated {number_ranges(machine.isolated)}" if machine.isolated else "none isolated"
    )
    flags = [name for name in ("nohz_full", "isolcpus", "rcu_normal") if getattr(machine, name)]
    if machine.pcp_high_fraction:
        flags.append(f"vm.percpu_pagelist_high_fraction {machine.pcp_high_fraction}")
    if machine.pcp_batch_pages:
        flags.append(f"a batch of {plural(machine.pcp_batch_pages, 'page')}")
    if machine.runnable > 1:
        flags.append(f"{machine.runnable} runnable tasks on each of the others")
    if machine.fifo_load:
        flags.append(f"{100 * machine.fifo_load:g} % of their time to FIFO tasks")
    return (
        f"Machine: {plural(machine.cpus, 'CPU')}, {', '.join([isolated, *flags])}; "
        f"{value_text(machine.memory_bytes, 'bytes')} of memory in pages of "
        f"{value_text(machine.page_bytes, 'bytes')}."
    )


def _method(report: Report) -> str:
    primary = sum(comparison.primary for comparison in report.comparisons)
    return (
        "Student's t on paired differences (ratios by logarithm), 95 % intervals; equivalence by "
        f"two one-sided tests; p adjusted by Holm over {plural(primary, 'primary comparison')}, by "
        f"Benjamini-Hochberg over the other {len(report.comparisons) - primary:,}. "
        f"{' '.join(filter(None, [examined(report.comparisons), sensitivity_told(report)]))} "
        "See docs/statistics.md."
    )


def _made_by(report: Report) -> str:
    """The engines and plugins; several engines in one run are a reason for doubt."""
    version = f"pcpbench {report.header.version}, " if report.header.version else ""
    if len(report.engines) > 1:
        told = [f"{engine} ({plural(n, 'cell')})" for engine, n in report.engines.items()]
        text = f"Mixed: {version}engines {listed(told)}, which may answer differently."
    else:
        engine = next(iter(report.engines), report.header.engine)
        text = f"{version}engine {engine}."
        text = text[0].upper() + text[1:] if not version else text
    plugins = [f"{s.name} ({s.origin})" for s in report.sources if s.kind == "plugin"]
    plugins = plugins or list(report.header.plugins)
    return text + (f" Plugins: {listed(plugins)}." if plugins else "")


def _estimates(report: Report) -> str:
    """How many numbers of the profiles are estimates, where the run file says it."""
    profiles = report.header.experiment.get("profiles")
    if not isinstance(profiles, dict):
        return ""
    told = [
        f"{found['estimates']} of {found['numbers']} numbers of {name}"
        for name, found in profiles.items()
        if isinstance(found, dict) and {"estimates", "numbers"} <= found.keys()
    ]
    return f"Estimates, not published: {listed(told)}." if told else ""


def _names(names: Counter[str], whole: int) -> str:
    """Metric names with the cells that lack them; many of one family are summed up."""
    families: dict[tuple[str, int], list[str]] = {}
    for name, count in names.items():
        families.setdefault((name.rpartition(".")[0] or name, count), []).append(name)
    texts = []
    for (family, count), members in families.items():
        ends = [name.removeprefix(f"{family}.") for name in members]
        short = members[0] if len(members) == 1 else f"{family}.{{{','.join(ends)}}}"
        texts.append(f"{short} ({count} of {plural(whole, 'cell')})")
    return ", ".join(texts)


def _sweep(result: CellResult) -> list[str]:
    return [f"{path}={value}" for path, value in result.cell.sweep]


def _seeds(seeds: Sequence[int]) -> str:
    return ("seed " if len(seeds) == 1 else "seeds ") + number_ranges(seeds)


def _listed(names: Iterable[str]) -> str:
    return listed(list(dict.fromkeys(names)))
