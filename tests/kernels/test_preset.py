"""Presets: what a file must say, and that every complaint comes at once with its place."""

from pathlib import Path

import pytest
import yaml

from pcpbench.errors import InputError
from pcpbench.kernels.builtin import pcpbench_kernels
from pcpbench.kernels.preset import load_preset
from pcpbench.kernels.rules import RULES, Choice, Count

SHIPPED = list(pcpbench_kernels())
V515 = next(path for path in SHIPPED if path.stem == "v5.15")


def changed(tmp_path, change) -> Path:
    """The preset v5.15 after ``change`` of its tree, as a file."""
    tree = yaml.safe_load(V515.read_text())
    change(tree)
    path = tmp_path / "preset.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return path


def complaints(path):
    with pytest.raises(InputError) as raised:
        load_preset(path)
    return raised.value.problems


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_rule_of_a_shipped_preset_has_a_value_and_a_source(path):
    preset = load_preset(path)
    assert list(preset.rules) == list(RULES)
    assert all(len(rule.source) > 5 for rule in preset.rules.values())
    assert preset.name == path.stem


def test_v5_15_is_the_kernel_of_the_proposal():
    preset = load_preset(V515)
    assert preset.word("native_strategy") == "workqueue"
    assert preset.at_page_size("max_order", 4096) == 10
    assert preset.at_page_size("pageblock_order", 4096) == 9
    assert preset.count("pcp_lists") == 15  # 3 types of 4 orders and of the huge page order
    assert preset.word("pcp_high") == "low_watermark_per_cpu"
    assert preset.flag("vmstat_skips_isolated") is False
    assert preset.count("free_factor_max", none=-1) == -1
    assert preset.page_sizes_bytes == (4096, 16384, 65536)


def test_asking_for_a_rule_as_something_else_is_an_error():
    preset = load_preset(V515)
    for ask in (
        lambda: preset.word("hz"),
        lambda: preset.flag("hz"),
        lambda: preset.count("fallback"),
        lambda: preset.count("free_factor_max"),
        lambda: preset.at_page_size("hz", 4096),
    ):
        with pytest.raises(TypeError):
            ask()


def test_a_rule_without_source_is_refused(tmp_path):
    path = changed(tmp_path, lambda tree: tree["rules"]["hz"].pop("source"))
    (problem,) = complaints(path)
    assert "hz lacks 'source'" in problem.thing
    assert str(problem.place).startswith(f"{path}:")


def test_all_errors_of_a_preset_come_at_once_with_places_and_suggestions(tmp_path):
    def change(tree):
        tree["rules"]["hertz"] = tree["rules"].pop("hz")
        tree["rules"]["fallback"]["value"] = "steal_hole"
        tree["rules"]["pcp_lists"]["value"] = 2
        tree["rules"]["vmstat_skips_isolated"]["value"] = 1
        tree["rules"]["max_order"]["value"] = {4096: 10, 5000: 3}
        tree["summary"] = " "

    path = changed(tmp_path, change)
    text = "\n".join(map(str, complaints(path)))
    for part in ("no key 'hertz'", "lacks 'hz'", "did you mean 'steal_whole'?", "pcp_lists is 2"):
        assert part in text
    for part in ("vmstat_skips_isolated is 1", "no page is 5000 bytes", "summary is not a text"):
        assert part in text
    lines = path.read_text().splitlines()
    for problem in complaints(path):
        file, line, column = problem.place.rsplit(":", 2)
        assert file == str(path)
        assert int(column) <= len(lines[int(line) - 1]) + 1


def test_orders_must_fit_each_other(tmp_path):
    path = changed(tmp_path, lambda tree: tree["rules"]["pageblock_order"].update(value={4096: 11}))
    assert "name different page sizes" in str(complaints(path)[0])
    path = changed(
        tmp_path,
        lambda tree: tree["rules"]["pageblock_order"].update(
            value={4096: 11, 16384: 11, 65536: 13}
        ),
    )
    assert "pageblock_order 11 is above max_order" in str(complaints(path)[0])


def test_rt_runtime_must_not_exceed_its_period(tmp_path):
    path = changed(tmp_path, lambda tree: tree["rules"]["rt_runtime_us"].update(value=2_000_000))
    assert "rt_runtime_us is above rt_period_us" in str(complaints(path)[0])


@pytest.mark.parametrize("content", ["", "a: [", "- 1\n", "a: &x 1\nb: *x\n", "a: !!python/none x"])
def test_a_file_that_is_no_preset_is_one_clear_error(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    assert all(str(path) in problem.place for problem in complaints(path))


def test_every_choice_and_limit_of_a_rule_is_reachable():
    for key, kind in RULES.items():
        if isinstance(kind, Choice):
            assert len(set(map(str, kind.choices))) == len(kind.choices) > 0, key
        elif isinstance(kind, Count):
            assert kind.least < kind.most, key
