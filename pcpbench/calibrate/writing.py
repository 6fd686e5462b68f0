"""Decides how a calibrated profile is written: a file that load_profile reads, and people too."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Literal

from pcpbench.calibrate.answer import answer
from pcpbench.calibrate.costs import profile_costs, wake_latencies
from pcpbench.calibrate.measuring import Calibration
from pcpbench.hardware.profile import Cost, HardwareProfile, Topology

COLUMNS = 98
TopologyOf = Literal["host", "nearest"]


def profile_text(
    name: str, calibration: Calibration, nearest: HardwareProfile, *, topology_of: TopologyOf
) -> str:
    """The profile as YAML. ``topology_of``: whose shape it gets, the host's or its neighbour's."""
    host = calibration.host
    shape = host.topology if topology_of == "host" else nearest.topology
    cycle_ns = calibration.value_ns("cycle")
    clock_ghz = 1 / cycle_ns if cycle_ns else nearest.clock_ghz
    lines = [
        *_comment(calibration, nearest),
        f"name: {json.dumps(name)}",
        f"summary: {json.dumps(f'{host.processor}, calibrated {calibration.when:%Y-%m-%d}')}",
        f"arch: {host.arch}",
        f"clock_ghz: {clock_ghz:.3g}",
        f"page_bytes: {host.page_bytes}",
        f"page_sizes_bytes: [{host.page_bytes}]",
        f"topology: {_shape(shape)}",
        "",
        "costs_ns:",
        *_costs(profile_costs(calibration, nearest)),
        "",
        "wake_latency_busy_ns:",
        *_costs(wake_latencies(nearest)),
    ]
    return "\n".join(lines) + "\n"


def _comment(calibration: Calibration, nearest: HardwareProfile) -> Iterator[str]:
    text = [
        f"Measured by pcpbench calibrate on {calibration.host}, {calibration.when:%Y-%m-%d %H:%M} "
        f"UTC, {calibration.rounds} rounds. What could not be measured is from {nearest.name}, "
        "and marked so.",
        *answer(calibration, nearest),
    ]
    for paragraph in text:
        yield from (f"# {line}" for line in textwrap.wrap(paragraph, COLUMNS))


def _shape(shape: Topology) -> str:
    keys = ("sockets", "cores_per_socket", "cores_per_cluster", "smt")
    said = [f"{key}: {getattr(shape, key)}" for key in keys]
    if shape.last_level_cache_kib is not None:
        said.append(f"last_level_cache_kib: {shape.last_level_cache_kib}")
    return "{" + ", ".join(said) + "}"


def _costs(costs: Mapping[str, Cost]) -> Iterator[str]:
    for key, cost in costs.items():
        yield f"  {key}:"
        yield f"    value: {cost.value_ns:.10g}"
        yield f"    low: {cost.low_ns:.10g}"
        yield f"    high: {cost.high_ns:.10g}"
        kind = "source" if cost.source else "estimate"
        yield f"    {kind}: {json.dumps(cost.source or cost.estimate)}"
