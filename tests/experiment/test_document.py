from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pcpbench.experiment import Experiment
from pcpbench.experiment.machine import KEYS as MACHINE_KEYS
from pcpbench.experiment.quick import QUICK_REPLICATES, QUICK_TIME_NS, QUICK_WARM_UP_NS
from pcpbench.experiment.reference import KEYS as REFERENCE_KEYS
from pcpbench.experiment.sections import KEYS
from pcpbench.experiment.units import UNITS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "experiment.md").read_text(encoding="utf-8")
EXAMPLE, REFERENCE, SWEEP = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)
SETTINGS = [text.strip("'") for text in re.findall(r"^    --set (.*)$", DOCUMENT, re.MULTILINE)]

Load = Callable[..., Experiment]


def test_the_example_is_a_whole_experiment(load: Load) -> None:
    assert load(EXAMPLE).cell_count == 10 * 3


def test_the_examples_of_published_numbers_can_stand_in_it(load: Load) -> None:
    assert len(load(EXAMPLE + REFERENCE).reference) == 2


def test_the_example_of_a_sweep_has_six_points(load: Load) -> None:
    assert len(load(EXAMPLE + SWEEP).points) == 6


@pytest.mark.parametrize("setting", [s for s in SETTINGS if not s.startswith("machine.cpsu")])
def test_each_example_of_a_setting_changes_the_example(setting: str, load: Load) -> None:
    assert load(EXAMPLE, setting) != load(EXAMPLE)


def test_every_key_and_unit_is_described() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", DOCUMENT, re.MULTILINE))
    together = {"name", "source", "hardware", "kernel", "scenario", "strategy"}  # in one row
    of_references = {*REFERENCE_KEYS, "metric"} - together
    assert rows == {*KEYS, *MACHINE_KEYS, *of_references, "warm_up", "time"}
    written = set(re.findall(r"`([^`\s]+)`", DOCUMENT))
    shown = {suffix for unit in UNITS.values() for suffix in unit.suffixes}
    assert shown - {"μs"} <= written


def test_the_numbers_of_quick_are_those_of_the_code() -> None:
    assert f"at most {QUICK_REPLICATES} replicates" in DOCUMENT
    assert f"{QUICK_WARM_UP_NS // 10**6} ms of warm-up" in DOCUMENT
    assert f"{QUICK_TIME_NS // 10**6} ms of measured time" in DOCUMENT
