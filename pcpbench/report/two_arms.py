"""Decides how a strategy beside itself is told: equal bytes, noise, false alarms, settling."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pcpbench.metrics.metric import Metric
from pcpbench.report.numbers import margin_text, value_text
from pcpbench.report.replicates import percent
from pcpbench.report.tables import fitted_table, paragraph
from pcpbench.report.words import listed, plural
from pcpbench.statistics.false_alarms import NoiseFloor, TwoArms
from pcpbench.statistics.pairing import Setting
from pcpbench.statistics.warm_up import Settling, too_short
from pcpbench.store.run_header import RunHeader

FORMAT = "pcpbench-aa/1"
STATED = 0.05
# Of pools of 20 and 40 cells of normal noise, 97.5 % give at most this rate (simulated: 200 pools,
# 1 and 12 metrics); of 8 cells, 8.7 %.
OF_NORMAL_NOISE = 0.06
JUDGED_FROM = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfComparison:
    """A strategy in two arms. ``repeated``: cells simulated twice, ``unequal``: those of them
    whose bytes differ. ``settling``: of each primary metric, by setting. ``failed``: cells."""

    header: RunHeader
    strategy: str
    found: TwoArms
    metrics: dict[str, Metric]
    warm_up_ns: int
    settling: tuple[tuple[Setting, Settling], ...]
    repeated: int
    unequal: tuple[str, ...]
    failed: int


def render_self_json(told: SelfComparison) -> str:
    """The comparison as JSON text."""
    alarms = told.found.alarms
    document = {
        "format": FORMAT,
        "name": told.header.name,
        "strategy": told.strategy,
        "engine": told.header.engine,
        "equal_bytes": {"repeated": told.repeated, "unequal": list(told.unequal)},
        "failed_cells": told.failed,
        "noise_floor": [
            {**_where(floor.setting), "metric": floor.metric, "n": floor.n, "floor": floor.floor}
            | {"margin": floor.margin, "why": floor.why or None}
            for floor in told.found.floors
        ],
        "false_alarms": {
            "between_the_arms": [
                {**_where(c.setting), "metric": c.metric, "p_difference": c.p_difference}
                for c in told.found.differing
            ],
            "comparisons": len(told.found.comparisons),
            "splits": alarms.splits,
            "splits_with_any_primary": alarms.any_primary,
            "rate_low": alarms.interval[0],
            "rate_high": alarms.interval[1],
            "single": alarms.single,
            "tested": alarms.tested,
        },
        "warm_up": {
            "warm_up_ns": told.warm_up_ns,
            "settling": [
                {**_where(setting), "metric": s.metric, "window_ns": s.window_ns}
                | {"means": list(s.means), "settled_ns": s.settled_ns, "why": s.why or None}
                | {"p_drift": s.p_drift, "too_short": short}
                for (setting, s), short in zip(told.settling, _short(told), strict=True)
            ],
        },
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _where(setting: Setting) -> dict[str, Any]:
    return {
        "hardware": setting.hardware,
        "kernel": setting.kernel,
        "scenario": setting.scenario,
        "sweep": dict(setting.sweep),
    }


def _name(setting: Setting) -> str:
    parts = [setting.hardware, setting.kernel, setting.scenario]
    return " ".join([*parts, *(f"{path}={value}" for path, value in setting.sweep)])


def render_self(told: SelfComparison, *, width: int = 80) -> str:
    """The comparison as text no wider than ``width`` columns."""
    n = max((floor.n for floor in told.found.floors), default=0)
    lines = [
        f"{told.header.name}: {told.strategy} beside itself, {plural(n, 'replicate')} in each arm.",
        _bytes(told),
        _alarms(told),
        *([f"- {plural(told.failed, 'cell')} failed and left out."] if told.failed else []),
    ]
    blocks = ["\n".join(paragraph(line, width=width, indent="  ") for line in lines)]
    blocks += [_floors(told, width), *_settling(told, width)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _bytes(told: SelfComparison) -> str:
    if told.unequal:
        return f"- NOT REPEATABLE: the bytes differ for {listed(told.unequal)}. This is a bug."
    if not told.repeated:
        return "- Whether equal seeds give equal bytes was not examined."
    return f"- Equal seeds give equal bytes: {plural(told.repeated, 'cell')} simulated twice."


def _alarms(told: SelfComparison) -> str:
    found, alarms = told.found, told.found.alarms
    differing = [f"{c.metric} ({_name(c.setting)})" for c in found.differing]
    text = f"- Between the arms {len(differing)} of {plural(len(found.comparisons), 'comparison')} "
    text += f"are false alarms{': ' + listed(differing) if differing else ''}."
    if not alarms.tested:
        return f"{text} No primary metric varies, so no rate can be told."
    low, high = alarms.interval
    return (
        f"{text} Over {alarms.splits:,} random splits of all cells, some primary comparison "
        f"differs in {percent(alarms.any_primary / alarms.splits)} ({percent(low)} to "
        f"{percent(high)} for these cells; at most {percent(STATED)} are stated), and "
        f"{percent(alarms.single / alarms.tested)} of single tests do before correction. "
        f"{_judged(told, low)}"
    )


def _judged(told: SelfComparison, low: float) -> str:
    """What the rate says, whose cells are the same in all splits."""
    cells = min(floor.n for floor in told.found.floors)
    if cells < JUDGED_FROM:
        return f"From fewer than {JUDGED_FROM} replicates in each arm the rate cannot be judged."
    if low <= STATED:
        return "The tests keep what is stated."
    if low <= OF_NORMAL_NOISE:
        return "Normal noise gives as much, by what cells there happen to be."
    return "That is more than normal noise gives: do not trust the p-values of this experiment."


def _floors(told: SelfComparison, width: int) -> str:
    """The noise floor of primary metrics beside their margins."""
    rows = [
        [_name(floor.setting), floor.metric, _floor(told, floor), _margin(told, floor)]
        for floor in _primary(told)
    ]
    if not rows:
        return ""
    head = paragraph(
        "Noise floor: half of a 95 % interval between arms with seeds of their own. Strategies of "
        "one run share their seeds, and usually see less.",
        width=width,
    )
    headers = ["setting", "metric", "noise floor", "margin"]
    return f"{head}\n\n{fitted_table(headers, rows, width=width, right=(2, 3))}"


def _primary(told: SelfComparison) -> Iterable[NoiseFloor]:
    return [floor for floor in told.found.floors if floor.metric in told.header.primary]


def _floor(told: SelfComparison, floor: NoiseFloor) -> str:
    if floor.floor is None:
        return floor.why or "-"
    metric = told.metrics[floor.metric]
    if metric.scale == "ratio":
        return percent(floor.floor)
    return value_text(floor.floor, metric.unit)


def _margin(told: SelfComparison, floor: NoiseFloor) -> str:
    return margin_text(floor.margin, told.metrics[floor.metric])


def _settling(told: SelfComparison, width: int) -> list[str]:
    """From when on each primary metric is settled, beside the warm-up."""
    if not told.settling:
        return []
    warm_up = value_text(told.warm_up_ns, "ns")
    rows = []
    for (setting, found), short in zip(told.settling, _short(told), strict=True):
        if found.why:
            words = [found.why, "not examined"]
        elif short:
            words = [_settled(found), "too short"]
        elif found.enough(told.warm_up_ns):
            words = [_settled(found), "enough"]
        else:
            words = [_settled(found), "no drift"]
        rows.append([_name(setting), found.metric, *words])
    head = paragraph(
        f"Settling (MSER on means of windows, White 1997), beside a warm-up of {warm_up}. It is "
        "too short where it ends before, and seeds agree that what follows drifts (Student's t "
        "over seeds, Holm):",
        width=width,
    )
    headers = ["setting", "metric", "settled after", "warm-up"]
    return [f"{head}\n\n{fitted_table(headers, rows, width=width)}"]


def _short(told: SelfComparison) -> list[bool]:
    return too_short([found for _, found in told.settling], told.warm_up_ns)


def _settled(found: Settling) -> str:
    if found.settled_ns is None:
        return "not in the first half"
    return value_text(found.settled_ns, "ns") if found.settled_ns else "the start"
