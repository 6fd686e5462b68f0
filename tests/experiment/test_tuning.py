"""The lists of a machine may be tuned as vm.percpu_pagelist_high_fraction does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcpbench.errors import InputError
from pcpbench.experiment import load_experiment
from pcpbench.kernels.preset import load_preset
from pcpbench.plugin.registry import load_registry
from pcpbench.simulator.engine_config import machine_facts, zone_sizes_pages

PRESSURE = Path(__file__).parents[2] / "configs" / "pressure.yaml"


def sizes(kernel: str, *settings: str) -> tuple[int, int, int]:
    """Batch, and the limits between which a list's high moves, in pages."""
    registry = load_registry()
    words = (
        f"kernel={kernel}",
        "hardware=epyc-7742",
        "machine.memory=2 GiB",
        "machine.cpus=16",
        *settings,
    )
    experiment = load_experiment(PRESSURE, registry=registry, settings=words)
    machine = experiment.points[0].machines["epyc-7742"]
    preset = load_preset(registry.kernels[kernel])
    found = zone_sizes_pages(machine, preset)
    assert machine_facts(machine, preset).batch_pages == found["pcp_batch_pages"]
    return found["pcp_batch_pages"], found["pcp_high_min_pages"], found["pcp_high_pages"]


# 2 GiB are 524,288 pages: an eighth of them is 65,536, of 16 CPUs each 4,096.
@pytest.mark.parametrize(
    ("kernel", "settings", "expected"),
    [
        ("v5.15", ["machine.pcp_high_fraction=8"], (63, 4096, 4096)),
        ("v5.15", ["machine.pcp_high_fraction=64"], (63, 512, 512)),
        ("v5.15", ["machine.pcp_high_fraction=1000"], (63, 252, 252)),  # four batches at least
        ("v5.15", ["machine.pcp_batch=200", "machine.pcp_high_fraction=1000"], (200, 800, 800)),
        ("v6.12.y", ["machine.pcp_high_fraction=8"], (63, 4096, 4096)),
    ],
)
def test_the_fraction_and_the_batch_are_those_of_the_kernel_function(
    kernel: str, settings: list[str], expected: tuple[int, int, int]
) -> None:
    assert sizes(kernel, *settings) == expected


def test_a_fraction_ends_the_tuning_that_a_kernel_does_by_itself() -> None:
    _, least, most = sizes("v6.12.y")
    assert least < most
    assert sizes("v6.12.y", "machine.pcp_high_fraction=0") == (63, least, most)


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("machine.pcp_high_fraction=7", "write 0 or at least 8"),
        ("machine.pcp_high_fraction=-8", "must be"),
        ("machine.pcp_batch=0", "must be from 1"),
        ("machine.pcp_batch=many", "pcp_batch"),
    ],
)
def test_what_the_kernel_would_refuse_is_refused(setting: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        sizes("v5.15", setting)


def test_a_kernel_without_the_sysctl_is_named() -> None:
    with pytest.raises(InputError, match=r"'v5\.10\.y' has no vm\.percpu_pagelist_high_fraction"):
        sizes("v5.10.y", "machine.pcp_high_fraction=8")
