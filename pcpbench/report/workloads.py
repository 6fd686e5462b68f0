"""Decides how strategies and scenarios are described: with the parameters they ran with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pcpbench.report.numbers import STEPS, value_text
from pcpbench.report.report import Report
from pcpbench.report.transplanted import is_transplanted
from pcpbench.report.words import listed, number_ranges, plural
from pcpbench.simulator.cell import Cell, Pairs, StrategyChoice, WorkloadChoice

MOST_VARIANTS = 3  # of one name over a sweep; more are only counted


def strategies_told(report: Report) -> str:
    """The strategies with the parameters that were given."""
    units = units_of(report)
    told = []
    for label in report.strategies:
        choices = dict.fromkeys(
            r.cell.strategy for r in report.results if r.cell.strategy.label == label
        )
        baseline = ", the baseline" if label == report.header.baseline else ""
        told_of = _variants(_strategy(choice, units) for choice in choices)
        told.append(f"{label}{told_of}{baseline}{_alien(report, label)}")
    return f"Strategies: {'; '.join(told)}."


def _alien(report: Report, label: str) -> str:
    """Where it is transplanted: in which kernels of the run, if not in all."""
    kernels = list(dict.fromkeys(setting.kernel for setting in report.settings))
    found = [kernel for kernel in kernels if is_transplanted(report, kernel, label)]
    if not found:
        return ""
    return ", transplanted" + ("" if found == kernels else f" to {listed(found)}")


def scenarios_told(report: Report) -> list[str]:
    """A line for each scenario: what ran on which CPUs."""
    units = units_of(report)
    cells: dict[str, dict[tuple[WorkloadChoice, ...], None]] = {}
    for result in report.results:
        cells.setdefault(result.cell.scenario, {})[result.cell.workloads] = None
    drains = _drains([result.cell for result in report.results])
    lines = []
    for name, groups in cells.items():
        if len(groups) > MOST_VARIANTS:
            kinds = dict.fromkeys(w.kind for group in groups for w in group)
            told = f"{listed(list(kinds))}, in {plural(len(groups), 'variant')} over the sweep"
        else:
            told = "; or ".join(_group(group, units) for group in groups)
        lines.append(f"Scenario {name}: {told}{drains}.")
    return lines


def units_of(report: Report) -> Mapping[str, str]:
    """The units of parameters, by ``NAME.PARAMETER``; none in run files that do not keep them."""
    found = report.header.experiment.get("units")
    return found if isinstance(found, dict) else {}


def _strategy(choice: StrategyChoice, units: Mapping[str, str]) -> str:
    name = "" if choice.label.startswith(choice.name) else f"{choice.name}, "
    return f"{name}{_parameters(choice.name, choice.parameters, units)}".removesuffix(", ")


def _variants(texts: Iterable[str]) -> str:
    found = [text for text in dict.fromkeys(texts) if text]
    if len(found) > MOST_VARIANTS:
        return f" ({plural(len(found), 'variant')} over the sweep)"
    return f" ({'; or '.join(found)})" if found else ""


def _group(workloads: Sequence[WorkloadChoice], units: Mapping[str, str]) -> str:
    told = []
    for workload in workloads:
        parameters = _parameters(workload.kind, workload.parameters, units)
        where = f"{workload.kind} on CPUs {number_ranges(workload.cpus)}"
        told.append(f"{where} ({parameters})" if parameters else where)
    return listed(told) if told else "nothing"


def _parameters(owner: str, pairs: Pairs, units: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {_value(value, units.get(f'{owner}.{key}'))}" for key, value in pairs)


def _value(value: object, unit: str | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and unit == "fraction":
        return value_text(100.0 * value, "%")
    if isinstance(value, int | float) and unit in STEPS:
        return value_text(value, unit)
    if isinstance(value, float) and value == int(value):
        value = int(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _drains(cells: Sequence[Cell]) -> str:
    rates = sorted({cell.drains_per_s for cell in cells if cell.drains_per_s})
    return f", with {listed([f'{rate:,g}' for rate in rates])} drains a second" if rates else ""
