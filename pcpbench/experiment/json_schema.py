"""Decides what editors are told of an experiment file: its keys, names and parameters.

The schema accepts every sound experiment. It does not find all that is wrong: what depends on
several keys at once (CPUs that exist, memory that suffices) only `pcpbench check` sees.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pcpbench.experiment.experiment import FORMAT
from pcpbench.experiment.machine import FLAGS, LEAST_HIGH_FRACTION, MOST_NODES, MOST_RUNNABLE
from pcpbench.experiment.sections import LARGEST_SEED, MOST_REPLICATES, REQUIRED
from pcpbench.experiment.units import UNITS
from pcpbench.plugin.parameters import Parameter
from pcpbench.plugin.registry import Registry
from pcpbench.statistics.looks import LEAST_REPLICATES

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
WORD = {"type": "string", "pattern": r"^[A-Za-z0-9._+-]+$"}
CPU_LIST = {"type": ["string", "integer"], "description": 'CPUs, as in "0-3,8"; or none'}
TYPES = {int: "integer", float: "number", bool: "boolean", str: "string"}


def json_schema(registry: Registry) -> Schema:
    """The JSON Schema of an experiment that uses what the registry knows."""
    return {
        "$schema": DIALECT,
        "title": f"pcpbench experiment ({FORMAT})",
        "type": "object",
        "required": list(REQUIRED),
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT},
            "name": {**WORD, "description": "one word; names the run"},
            "question": {"type": "string", "description": "what the experiment is to answer"},
            "hardware": _names(registry.hardware, "hardware profiles"),
            "kernel": _names(registry.kernels, "kernel presets"),
            "machine": _machine(),
            "scenarios": _scenarios(registry),
            "strategies": _strategies(registry),
            "baseline": {"type": "string", "description": "label of the strategy to compare with"},
            **_measuring(registry),
            "sweep": {"type": "object", "additionalProperties": {"type": "array", "minItems": 1}},
            "reference": {"type": "array", "items": _reference(registry)},
            "robustness": {"type": "boolean"},
            "plugins": {"type": ["array", "string"], "items": {"type": "string"}},
        },
    }


def _names(known: Iterable[str], what: str) -> Schema:
    one = {"enum": sorted(known)}
    return {"description": what, "anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _quantity(unit: str) -> Schema:
    suffixes = "|".join(sorted(UNITS[unit].suffixes, key=len, reverse=True))
    example = UNITS[unit].write(1)
    return {
        "type": "string",
        "pattern": rf"^[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*({suffixes})$",
        "description": f"{UNITS[unit].noun}, with its unit, as in {example!r}",
    }


def _machine() -> Schema:
    properties: Schema = {"cpus": {"type": "integer", "minimum": 1}, "isolated": CPU_LIST}
    properties |= {flag: {"type": "boolean"} for flag in FLAGS}
    properties |= {"memory": _quantity("bytes"), "page_size": _quantity("bytes")}
    fraction = {"anyOf": [{"const": 0}, {"type": "integer", "minimum": LEAST_HIGH_FRACTION}]}
    properties |= {"pcp_high_fraction": fraction, "pcp_batch": {"type": "integer", "minimum": 1}}
    properties |= {"nodes": {"type": "integer", "minimum": 1, "maximum": MOST_NODES}}
    properties |= {"runnable": {"type": "integer", "minimum": 1, "maximum": MOST_RUNNABLE}}
    properties |= {"fifo_load": _quantity("fraction"), "fifo_run": _quantity("ns")}
    return _object(properties)


def _scenarios(registry: Registry) -> Schema:
    cpus = {"anyOf": [{"enum": ["housekeeping", "isolated", "all"]}, CPU_LIST]}
    workloads = [
        _object(
            {"kind": {"const": kind}, "cpus": cpus, **_parameters(workload.parameters())},
            required=("kind", "cpus"),
            description=workload.summary,
        )
        for kind, workload in sorted(registry.workloads.items())
    ]
    group = {"type": "array", "minItems": 1, "items": {"anyOf": workloads}}
    return {"type": "object", "minProperties": 1, "additionalProperties": group}


def _strategies(registry: Registry) -> Schema:
    entries: list[Schema] = [{"enum": sorted(registry.strategies)}]
    for name, strategy in sorted(registry.strategies.items()):
        own = _parameters(strategy.parameters())
        properties = {"name": {"const": name}, "label": {"type": "string"}, **own}
        entries.append(_object(properties, required=("name",), description=strategy.summary))
    one = {"anyOf": entries}
    return {"anyOf": [{"type": "array", "minItems": 1, "items": one}, one]}


def _parameters(declared: Iterable[Parameter]) -> Schema:
    return {parameter.name: _parameter(parameter) for parameter in declared}


def _parameter(parameter: Parameter) -> Schema:
    about = {"description": parameter.help, "default": parameter.default}
    if parameter.choices:
        return {"enum": list(parameter.choices), **about}
    if parameter.unit in UNITS:
        written = UNITS[parameter.unit].write(float(parameter.default))
        return {**_quantity(parameter.unit), **about, "default": written}
    schema: Schema = {"type": TYPES[parameter.type], **about}
    if parameter.ge is not None:
        schema["minimum"] = parameter.ge
    if parameter.le is not None:
        schema["maximum"] = parameter.le
    return schema


def _measuring(registry: Registry) -> Schema:
    """How long is simulated, how often, and what counts."""
    metrics = sorted(registry.metrics)
    margin = {"type": ["string", "number"]}
    return {
        "simulate": _object({"warm_up": _quantity("ns"), "time": _quantity("ns")}),
        "replicates": {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_REPLICATES},
                _until(),
            ]
        },
        "robustness": {"type": "boolean", "description": "examine uncertain numbers too"},
        "seed": {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED},
        "primary": {"type": ["array", "string"], "items": {"enum": metrics}},
        "margins": _object(dict.fromkeys(metrics, margin)),
        "drains": _object({"rate": _quantity("per_s")}),
    }


def _until() -> Schema:
    number = {"type": "integer", "minimum": LEAST_REPLICATES, "maximum": MOST_REPLICATES}
    until = _object({"ci_width": _quantity("fraction")}, required=("ci_width",))
    return _object(
        {"min": number, "max": number, "until": until},
        required=("max", "until"),
        description="as many as the intervals of primary metrics need",
    )


def _reference(registry: Registry) -> Schema:
    text = {"type": "string"}
    number = {"type": ["string", "number", "array"], "description": "a number, or [least, most]"}
    properties: Schema = {
        "name": text,
        "source": text,
        "metric": {"enum": sorted(registry.metrics)},
        "value": number,
        "change": {**number, "description": "a percentage, or [least, most]; with 'against'"},
        "tolerance": {"type": ["string", "number"]},
        "sweep": {"type": "object"},
    }
    properties |= dict.fromkeys(("against", "hardware", "kernel", "scenario", "strategy"), text)
    return _object(properties, required=("name", "metric", "source"), description="published")


def _object(properties: Schema, *, required: Iterable[str] = (), description: str = "") -> Schema:
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        schema["required"] = list(required)
    if description:
        schema["description"] = description
    return schema
