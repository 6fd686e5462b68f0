"""A preset that asks for a rule the core does not know is refused, not replaced."""

from __future__ import annotations

import dataclasses

from pcpbench.kernels.preset import load_preset
from pcpbench.simulator.engine_config import unsupported_rules, zone_sizes_pages
from pcpbench.simulator.run import run_cell


def test_the_core_carries_out_every_rule_of_v5_15(registry):
    assert unsupported_rules(load_preset(registry.kernels["v5.15"])) == ()


def test_an_unknown_rule_fails_the_cell_by_name(registry, make_cell, tmp_path):
    text = registry.kernels["v5.15"].read_text()
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("value: free_factor\n", "value: free_count\n"))
    kernels = {**registry.kernels, "mine": path}
    result = run_cell(make_cell(kernel="mine"), dataclasses.replace(registry, kernels=kernels))
    assert result.status == "failed"
    assert "free_scaling = free_count (the core knows free_factor)" in result.error


def test_pcp_high_is_the_low_watermark_shared_by_the_cpus(registry, make_cell):
    machine = make_cell(machine={"memory_bytes": 4 << 30, "cpus": 4}).machine
    sizes = zone_sizes_pages(machine, load_preset(registry.kernels["v5.15"]))
    low = sizes["watermarks_pages"][1]
    assert sizes["pcp_batch_pages"] == 63
    assert sizes["pcp_high_pages"] == max(low // 4, 4 * 63)
