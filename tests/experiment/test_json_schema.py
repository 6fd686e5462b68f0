"""The schema accepts every sound experiment of ours, and finds what an editor should underline."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pcpbench.experiment.json_schema import json_schema
from pcpbench.experiment.reference import KEYS as REFERENCE_KEYS
from pcpbench.experiment.sections import KEYS
from pcpbench.plugin.registry import load_registry

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
}


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """JSON Schema's rules for the keywords that are used, written independently."""
    types = schema.get("type", [])
    if types and not any(TYPES[t](value) for t in ([types] if isinstance(types, str) else types)):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(accepts(one, value) for one in schema["anyOf"]):
        return False
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        return False
    if TYPES["number"](value):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        return bool(low <= value <= high)
    if isinstance(value, list):
        enough = len(value) >= schema.get("minItems", 0)
        return enough and all(accepts(schema.get("items", {}), item) for item in value)
    return accepts_object(schema, value) if isinstance(value, dict) else True


def accepts_object(schema: dict[str, Any], value: dict[str, Any]) -> bool:
    if any(key not in value for key in schema.get("required", ())):
        return False
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        of_key = properties.get(key, rest)
        if of_key is False or (of_key is not True and not accepts(of_key, item)):
            return False
    return True


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(load_registry())


def test_its_keys_are_those_of_an_experiment(schema: dict[str, Any]) -> None:
    assert set(schema["properties"]) == set(KEYS)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_it_accepts_our_experiments(schema: dict[str, Any], path: Path) -> None:
    assert accepts(schema, yaml.safe_load(path.read_text()))


REFERENCE = {"name": "a", "source": "b", "metric": "alloc.latency_ns.mean", "value": "112 ns"}


def test_the_keys_of_published_numbers_are_those_that_are_read(schema: dict[str, Any]) -> None:
    properties = schema["properties"]["reference"]["items"]["properties"]
    assert set(properties) == {*REFERENCE_KEYS, "name", "metric", "source"}


def test_it_accepts_replicates_by_width_and_published_numbers(schema: dict[str, Any]) -> None:
    experiment = yaml.safe_load((CONFIGS[0].parent / "pressure.yaml").read_text())
    experiment["replicates"] = {"max": 80, "until": {"ci_width": "2 %"}}
    experiment["reference"] = [{**REFERENCE, "strategy": "rcu-swap", "tolerance": "10 %"}]
    assert accepts(schema, experiment)


WRONG: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a key that does not exist": lambda e: e.update(harware="epyc-7742"),
    "no name": lambda e: e.pop("name"),
    "another format": lambda e: e.update(format="pcpbench/2"),
    "a misspelt strategy": lambda e: e.update(strategies=["workqeue"]),
    "a misspelt parameter": lambda e: e.update(strategies=[{"name": "rcu-swap", "fast": True}]),
    "a parameter of another type": lambda e: e.update(
        strategies=[{"name": "rcu-swap", "expedited": "yes"}]
    ),
    "a time without a unit": lambda e: e.update(simulate={"time": 5}),
    "a rate of drains with a unit of time": lambda e: e.update(drains={"rate": "5 ms"}),
    "a workload without CPUs": lambda e: e.update(scenarios={"a": [{"kind": "repeat"}]}),
    "a width without a percentage": lambda e: e.update(
        replicates={"max": 80, "until": {"ci_width": 2}}
    ),
    "replicates by p": lambda e: e.update(replicates={"max": 80, "until": {"p": "5 %"}}),
    "a published number without its source": lambda e: e.update(
        reference=[{key: value for key, value in REFERENCE.items() if key != "source"}]
    ),
    "a misspelt metric": lambda e: e.update(primary=["alloc.latency_ns.p98"]),
    "a parameter out of range": lambda e: e.update(
        scenarios={"a": [{"kind": "bulk", "cpus": "all", "order": 12}]}
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_it_finds(schema: dict[str, Any], what: str) -> None:
    experiment = yaml.safe_load((CONFIGS[0].parent / "pressure.yaml").read_text())
    changed = copy.deepcopy(experiment)
    WRONG[what](changed)
    assert accepts(schema, experiment)
    assert not accepts(schema, changed)


def test_the_shipped_schema_is_the_one_that_is_printed(schema: dict[str, Any]) -> None:
    # `pcpbench schema > configs/pcpbench.schema.json` writes it anew.
    shipped = json.loads((CONFIGS[0].parent / "pcpbench.schema.json").read_text())
    assert shipped == json.loads(json.dumps(schema))


@pytest.mark.parametrize(
    "path", [path for path in CONFIGS if path.stem != "pressure"], ids=lambda path: path.name
)
def test_editors_find_the_schema_of_an_experiment(path: Path) -> None:
    first, *_ = path.read_text().splitlines()
    assert first == "# yaml-language-server: $schema=pcpbench.schema.json"
