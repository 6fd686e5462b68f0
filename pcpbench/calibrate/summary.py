"""Decides what is told of a calibration: on a terminal, and to programs (pcpbench-calibrate/1)."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import Any

from pcpbench.calibrate.answer import answer
from pcpbench.calibrate.costs import profile_costs
from pcpbench.calibrate.estimate import Estimate
from pcpbench.calibrate.list_loop import Added
from pcpbench.calibrate.measuring import Calibration
from pcpbench.hardware.profile import HardwareProfile

FORMAT = "pcpbench-calibrate/1"


def as_text(calibration: Calibration, nearest: HardwareProfile, columns: int) -> str:
    """Every number that was measured, where the others are from, and the list loop's answer."""
    lines = textwrap.wrap(f"{calibration.host}; {calibration.rounds} rounds", columns)
    lines += ["", f"{'measured':<24}{'ns':>12}{'95 % interval':>26}"]
    for name, measured in calibration.numbers.items():
        estimate = measured.estimate
        ends = f"{_told(estimate.low_ns)} - {_told(estimate.high_ns)}"
        lines.append(f"{name:<24}{_told(estimate.value_ns):>12}{ends:>26}")
    lines.append("")
    for name, why in calibration.missing.items():
        lines += textwrap.wrap(f"{name} could not be measured: {why}", columns)
    derived, foreign = _others(calibration, nearest)
    lines += textwrap.wrap(f"Derived from these: {', '.join(derived) or 'nothing'}.", columns)
    lines += textwrap.wrap(f"From {nearest.name}, the nearest: {', '.join(foreign)}.", columns)
    for paragraph in answer(calibration, nearest):
        lines += ["", *textwrap.wrap(paragraph, columns)]
    return "\n".join(lines)


def as_json(calibration: Calibration, nearest: HardwareProfile, path: str) -> dict[str, Any]:
    """The same for programs. ``path``: of the profile that was written."""
    derived, foreign = _others(calibration, nearest)
    host = calibration.host
    return {
        "format": FORMAT,
        "profile": path,
        "when": calibration.when.isoformat(timespec="seconds"),
        "rounds": calibration.rounds,
        "host": {
            "name": host.name,
            "processor": host.processor,
            "arch": host.arch,
            "kernel": host.kernel,
            "guest": host.guest,
            "cpus": [cpu.number for cpu in host.cpus],
            "topology": dataclasses.asdict(host.topology),
        },
        "nearest": nearest.name,
        "measured": [
            {"name": name, **_number(measured.estimate), "how": measured.how}
            for name, measured in calibration.numbers.items()
        ],
        "derived": derived,
        "from_nearest": foreign,
        "missing": dict(calibration.missing),
        "list_loop": {
            mode: {
                "bare": _number(result.bare),
                "dependent_load": _added(result.dependent_load),
                "trylock_pair": _added(result.trylock_pair),
            }
            for mode, result in calibration.list_loop.items()
        },
        "answer": list(answer(calibration, nearest)),
    }


def _told(ns: float) -> str:
    """Four digits, and never with an exponent."""
    return f"{ns:,.0f}" if ns >= 1000 else f"{ns:.4g}"


def _number(estimate: Estimate) -> dict[str, float]:
    return dataclasses.asdict(estimate)


def _added(added: Added) -> dict[str, float]:
    places = {"low_place_ns": added.low_place_ns, "high_place_ns": added.high_place_ns}
    return {**_number(added.estimate), **places}


def _others(calibration: Calibration, nearest: HardwareProfile) -> tuple[list[str], list[str]]:
    """Keys that were derived, and keys of the neighbour."""
    derived: list[str] = []
    foreign: list[str] = []
    for key, cost in profile_costs(calibration, nearest).items():
        if cost.estimate is not None:
            (derived if cost.estimate.startswith("derived") else foreign).append(key)
    return derived, foreign
