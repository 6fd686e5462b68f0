"""Plugins come from packages, modules and files; a broken one is a warning."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

import pcpbench
from pcpbench.plugin.registry import load_registry

GOOD = """
    '''A strategy that drains nobody.'''
    from pcpbench.plugin.hookspecs import hookimpl
    from pcpbench.plugin.strategy import Strategy

    class Nobody(Strategy):
        name = "nobody"
        def drain_all(self, d):
            yield d.scan_counts()

    @hookimpl
    def pcpbench_strategies():
        return [Nobody]
"""


def with_line(line: str) -> str:
    """GOOD with a line more in its class."""
    return GOOD.replace('name = "nobody"', f'name = "nobody"\n        {line}')


@pytest.fixture
def write(tmp_path):
    """Writes a Python file into a folder, and gives its name."""

    def to(name: str, text: str) -> str:
        (tmp_path / name).write_text(textwrap.dedent(text))
        return name

    return to


def test_the_built_ins_are_there_without_a_warning():
    registry = load_registry()
    assert registry.warnings == ()
    assert {"workqueue", "rcu-swap", "spinlock-trylock"} <= set(registry.strategies)
    assert {"memory-pressure", "isolated-loop", "trace"} <= set(registry.workloads)
    assert {"epyc-7742", "graviton2"} <= set(registry.hardware)
    assert "v5.15" in registry.kernels
    assert "isolated.noise_ns_per_s" in registry.metrics
    assert registry.origin_of("strategies", "workqueue") == "built-in"


def test_a_file_is_found_from_the_folder_it_is_named_in(write, tmp_path):
    registry = load_registry([write("mine.py", GOOD)], tmp_path)
    assert registry.warnings == ()
    assert registry.strategies["nobody"].name == "nobody"
    assert registry.origin_of("strategies", "nobody") == "mine.py"
    assert registry.plugins[-1].summary == "A strategy that drains nobody."


def test_a_module_is_imported_by_name(write, tmp_path, monkeypatch):
    write("my_plugin_module.py", GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = load_registry(["my_plugin_module"])
    monkeypatch.delitem(sys.modules, "my_plugin_module")
    assert "nobody" in registry.strategies


def test_an_installed_package_is_found_by_its_entry_point(write, tmp_path, monkeypatch):
    write("installed_plugin.py", GOOD)
    info = tmp_path / "some_package-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-package\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("[pcpbench]\nsome = installed_plugin\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = load_registry()
    monkeypatch.delitem(sys.modules, "installed_plugin")
    assert registry.origin_of("strategies", "nobody") == "some-package 1.5"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import nothing_like_this", "broken.py:1: ModuleNotFoundError"),
        ("def f(:\n", "broken.py:1: "),
        ("x = 1 / 0", "broken.py:1: ZeroDivisionError"),
        (
            "from pcpbench.plugin import param\nshare = param(3, unit='%')",
            "broken.py:2: ValueError: unit '%' is not one of",
        ),
        ("x = 1", "it contributes nothing"),
        (GOOD.replace("[Nobody]", "[Nobody, 3]"), "3 is not a subclass of Strategy"),
        (GOOD.replace("[Nobody]", "[Nobody()]"), "gave an object of Nobody; give the class"),
        (GOOD.replace("[Nobody]", "3"), "pcpbench_strategies gave 3; return a list"),
        (GOOD.replace("[Nobody]", "Nobody"), "Nobody'>; return a list"),
        (GOOD.replace("drain_all", "drain_al"), "nobody: drain_all is missing"),
        (with_line("bytes_per_cpu_zone = '8'"), "bytes_per_cpu_zone is '8'; it must be a whole"),
        (with_line("historical = 'v5.15'"), "historical is 'v5.15'; it must be a tuple"),
        (with_line("free_access = 'spin'"), "free_access is 'spin'; it must be a ListAccess"),
        (GOOD.replace('"nobody"', '"workqueue"'), "the name 'workqueue' is taken (built-in)"),
        (GOOD.replace('"nobody"', '"two words"'), "Nobody.name must be one word"),
        (
            GOOD.replace("pcpbench_strategies", "pcpbench_strategy"),
            "did you mean 'pcpbench_strategies'",
        ),
    ],
)
def test_a_broken_plugin_is_a_warning_that_names_it_and_why(write, tmp_path, text, why):
    registry = load_registry([write("broken.py", text)], tmp_path)
    assert any("'broken.py'" in warning and why in warning for warning in registry.warnings), (
        registry.warnings
    )
    assert "workqueue" in registry.strategies


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1", "a function that bears the name of a hook"),
        (GOOD.replace("[Nobody]", "3"), "return a list of them"),
    ],
)
def test_a_plugin_that_contributes_nothing_is_one_warning(write, tmp_path, text, why):
    (warning,) = load_registry([write("empty.py", text)], tmp_path).warnings
    assert why in warning
    assert warning.count("empty.py") == 1


def test_a_missing_file_is_a_warning(tmp_path):
    (warning,) = load_registry(["absent.py"], tmp_path).warnings
    assert "there is no file" in warning


def test_what_is_right_in_a_plugin_is_used_although_something_is_wrong(write, tmp_path):
    text = GOOD.replace("[Nobody]", "[3, Nobody]")
    registry = load_registry([write("half.py", text)], tmp_path)
    assert len(registry.warnings) == 1
    assert "nobody" in registry.strategies


def test_a_profile_is_named_by_its_file(write, tmp_path):
    profile = tmp_path / "my-machine.yaml"
    profile.write_text("name: my-machine\n")
    write(
        "machines.py",
        f"""
        from pcpbench.plugin.hookspecs import hookimpl

        @hookimpl
        def pcpbench_hardware():
            return [{str(profile)!r}, "/no/such/file.yaml"]
        """,
    )
    registry = load_registry(["machines.py"], tmp_path)
    assert str(registry.hardware["my-machine"]) == str(profile)
    assert "there is no file /no/such/file.yaml" in registry.warnings[0]


@pytest.mark.parametrize(
    ("of", "kind"),
    [("hardware/profiles/graviton2", "hardware"), ("kernels/presets/v5.15", "kernels")],
)
def test_the_file_of_a_profile_or_preset_needs_no_plugin(write, tmp_path, of, kind):
    text = (Path(pcpbench.__file__).parent / f"{of}.yaml").read_text()
    registry = load_registry([write("mine.yaml", text)], tmp_path)
    assert registry.warnings == ()
    assert getattr(registry, kind)["mine"] == tmp_path / "mine.yaml"
    assert registry.origin_of(kind, "mine") == "mine.yaml"


def test_a_missing_profile_is_a_warning_that_names_the_file(tmp_path):
    (warning,) = load_registry(["none.yaml"], tmp_path).warnings
    assert f"there is no file {tmp_path / 'none.yaml'}" in warning
