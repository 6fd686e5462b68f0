"""A cell gets the allocator's rules and the kernel's times from its preset."""

from __future__ import annotations

import dataclasses

import pytest

from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.policy import list_policy
from pcpbench.kernels.preset import load_preset
from pcpbench.simulator.engine_config import engine_config, zone_sizes_pages
from pcpbench.simulator.run import run_cell

KERNELS = tuple(path.stem for path in pcpbench_kernels())


@pytest.fixture
def config(registry, make_cell):
    """The configuration of a cell under a kernel."""
    from pcpbench.hardware.profile import load_profile

    def make(kernel, **machine):
        cell = make_cell(kernel=kernel, machine=machine)
        profile = load_profile(registry.hardware[cell.hardware])
        strategy = registry.strategies["workqueue"]()
        return engine_config(cell, profile, load_preset(registry.kernels[kernel]), strategy)

    return make


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_rules_of_lists_are_those_that_a_replay_uses(registry, config, kernel):
    preset = load_preset(registry.kernels[kernel])
    assert config(kernel)["memory"]["policy"] == list_policy(preset, 4096)


def test_pcp_high_is_the_low_watermark_shared_by_the_cpus(registry, make_cell):
    machine = make_cell(machine={"memory_bytes": 4 << 30, "cpus": 4}).machine
    sizes = zone_sizes_pages(machine, load_preset(registry.kernels["v5.15"]))
    low = sizes["watermarks_pages"][1]
    assert sizes["pcp_batch_pages"] == 63
    assert sizes["pcp_high_pages"] == sizes["pcp_high_min_pages"] == max(low // 4, 4 * 63)


def test_pcp_high_of_5_10_is_six_batches(registry, make_cell):
    machine = make_cell(machine={"memory_bytes": 4 << 30, "cpus": 4}).machine
    sizes = zone_sizes_pages(machine, load_preset(registry.kernels["v5.10.y"]))
    assert sizes["pcp_high_pages"] == sizes["pcp_high_min_pages"] == 378


@pytest.mark.parametrize("kernel", ["v6.7", "v6.12.y", "v6.18", "v7.2"])
def test_from_6_7_on_pcp_high_tunes_itself_up_to_an_eighth_of_memory(registry, make_cell, kernel):
    machine = make_cell(machine={"memory_bytes": 4 << 30, "cpus": 4}).machine
    sizes = zone_sizes_pages(machine, load_preset(registry.kernels[kernel]))
    low = sizes["watermarks_pages"][1]
    assert sizes["pcp_high_min_pages"] == max(low // 4, 4 * 63)
    assert sizes["pcp_high_pages"] == (1 << 20) // 8 // 4


@pytest.mark.parametrize(
    ("kernel", "nohz_full", "isolcpus", "skipped"),
    [
        ("v5.15", True, True, False),
        ("v6.1.y", True, True, False),
        ("v6.12.y", True, False, True),
        ("v6.12.y", False, True, True),
        ("v6.12.y", False, False, False),
        ("v7.2", True, False, False),
        ("v7.2", False, True, True),
    ],
)
def test_the_shepherd_leaves_alone_whom_the_release_calls_isolated(
    config, kernel, nohz_full, isolcpus, skipped
):
    got = config(kernel, nohz_full=nohz_full, isolcpus=isolcpus)
    assert got["vmstat_skips_isolated"] is skipped


def test_a_kernel_of_the_users_own_is_simulated_by_its_rules(registry, make_cell, tmp_path):
    """5.10 with the lists of 5.15 for orders 1 to 3."""
    text = registry.kernels["v5.10.y"].read_text()
    changes = {
        "name: v5.10.y": "name: mine",
        "refill_blocks:\n    value: batch\n": "refill_blocks:\n    value: batch_by_order\n",
        "pcp_max_order:\n    value: 0\n": "pcp_max_order:\n    value: 3\n",
        "pcp_lists:\n    value: 3\n": "pcp_lists:\n    value: 12\n",
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert load_preset(path).count("pcp_max_order") == 3
    own = dataclasses.replace(registry, kernels={**registry.kernels, "mine": path})
    results = [run_cell(make_cell(kernel=kernel), own) for kernel in ("mine", "v5.10.y")]
    assert [result.status for result in results] == ["ok", "ok"]
    assert results[0].counters != results[1].counters
