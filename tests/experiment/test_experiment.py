from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pcpbench.experiment import Experiment, load_experiment, read_plugins
from pcpbench.plugin.registry import Registry

Load = Callable[..., Experiment]
PRESSURE = Path(__file__).parents[2] / "configs" / "pressure.yaml"


def test_replicates_are_outermost_and_raise_the_seed_by_one(load: Load, plain: str) -> None:
    cells = list(load(plain, seed=7).cells())
    assert len(cells) == 4 * 2 * 1 * 2 * 2
    assert [cell.seed for cell in cells] == [seed for seed in (7, 8, 9, 10) for _ in range(8)]


def test_within_a_replicate_hardware_then_scenario_then_strategy_varies(
    load: Load, plain: str
) -> None:
    cells = list(load(plain).cells())[:8]
    assert [(c.hardware, c.scenario, c.strategy.label) for c in cells] == [
        (hardware, scenario, strategy)
        for hardware in ("epyc-7742", "graviton2")
        for scenario in ("one", "two")
        for strategy in ("workqueue", "rcu-swap")
    ]


def test_the_same_text_gives_the_same_cells(load: Load, plain: str) -> None:
    assert list(load(plain).cells()) == list(load(plain).cells())
    assert len(set(load(plain).cells())) == load(plain).cell_count


def test_cells_carry_every_parameter_sorted_and_in_base_units(load: Load, plain: str) -> None:
    cell = next(load(plain).cells())
    pressure, loop = cell.workloads
    assert dict(pressure.parameters)["rate"] == 500_000.0
    assert dict(pressure.parameters)["working_set"] == 1.25
    assert dict(loop.parameters)["touch_every"] == 50_000
    assert list(pressure.parameters) == sorted(pressure.parameters)
    assert (pressure.cpus, loop.cpus) == ((0, 1, 2, 3, 4, 5), (6, 7))
    assert (cell.warm_up_ns, cell.time_ns) == (100_000_000, 1_000_000_000)
    assert cell.machine.memory_bytes == 1 << 30
    assert cell.machine.page_bytes == 4096


def test_what_is_left_out_has_the_documented_default(load: Load) -> None:
    experiment = load(
        "format: pcpbench/1\nname: least\nhardware: graviton2\nkernel: v5.15\n"
        "scenarios: {only: [{kind: repeat, cpus: all}]}\nstrategies: [rcu-swap, workqueue]\n"
    )
    point = experiment.points[0]
    machine = point.machines["graviton2"]
    assert (machine.cpus, machine.isolated, machine.memory_bytes) == (8, (), 1 << 30)
    assert (machine.nohz_full, machine.isolcpus, machine.rcu_normal) == (False, False, False)
    assert (point.warm_up_ns, point.time_ns, point.drains_per_s) == (10**8, 10**9, 0.0)
    assert (experiment.baseline, experiment.replicates, experiment.seed) == ("rcu-swap", 10, 1)
    assert (experiment.question, experiment.primary, experiment.margins) == ("", (), {})


def test_a_strategy_may_stand_twice_under_two_labels(load: Load, plain: str) -> None:
    text = plain.replace(
        "- workqueue", "- {name: rcu-swap, expedited: false, label: rcu-swap-normal}"
    ).replace("baseline: workqueue", "baseline: rcu-swap-normal")
    strategies = load(text).points[0].strategies
    assert [(s.name, s.label, dict(s.parameters)) for s in strategies] == [
        ("rcu-swap", "rcu-swap-normal", {"expedited": False}),
        ("rcu-swap", "rcu-swap", {"expedited": True}),
    ]


def test_margins_are_fractions_on_the_ratio_scale_else_in_the_metrics_unit(
    load: Load, plain: str
) -> None:
    assert load(plain).margins == {
        "throughput_pages_per_s": 0.01,
        "isolated.noise_ns_per_s": 1000.0,
    }


def test_open_loop_drains_have_a_rate(load: Load, plain: str) -> None:
    assert next(load(plain, "drains.rate=100/s").cells()).drains_per_s == 100.0


def test_the_resolved_experiment_survives_json_and_gives_the_same_cells(
    load: Load, plain: str
) -> None:
    text = plain + "sweep: {machine.memory: [1 GiB, 2 GiB], scenarios.two.0.rate: [1 M/s]}\n"
    experiment = load(text, "replicates=3", quick=True)
    resolved = experiment.resolved()
    assert json.loads(json.dumps(resolved)) == resolved
    again = Experiment.from_resolved(json.loads(json.dumps(resolved)))
    assert again == experiment
    assert list(again.cells()) == list(experiment.cells())


def test_the_resolved_experiment_keeps_what_was_asked(load: Load, plain: str) -> None:
    resolved = load(plain, "machine.cpus=12", quick=True).resolved()
    assert resolved["format"] == "pcpbench/1"
    assert resolved["quick"] is True
    assert resolved["settings"] == ["machine.cpus=12"]
    assert resolved["text"] == plain
    assert resolved["profiles"]["graviton2"]["estimates"] > 0


def test_quick_shortens_replicates_and_times(load: Load, plain: str) -> None:
    quick = load(plain, quick=True)
    assert (quick.replicates, quick.quick) == (3, True)
    assert (quick.points[0].warm_up_ns, quick.points[0].time_ns) == (20_000_000, 100_000_000)
    assert not load(plain).quick


def test_quick_leaves_what_is_set_by_hand(load: Load, plain: str) -> None:
    quick = load(plain, "simulate.time=400 ms", quick=True, replicates=5)
    assert quick.replicates == 5
    assert (quick.points[0].warm_up_ns, quick.points[0].time_ns) == (20_000_000, 400_000_000)


def test_quick_lengthens_nothing(load: Load, plain: str) -> None:
    text = plain.replace("warm_up: 100 ms, time: 1 s", "warm_up: 0 ns, time: 2 ms")
    quick = load(text.replace("replicates: 4", "replicates: 2"), quick=True)
    assert quick.replicates == 2
    assert (quick.points[0].warm_up_ns, quick.points[0].time_ns) == (0, 2_000_000)


def test_one_replicate_is_enough_for_one_strategy(load: Load, plain: str) -> None:
    assert load(plain, "replicates=1", "strategies=[workqueue]").replicates == 1


def test_plugins_come_with_the_whole_path_of_files(load: Load, plain: str, tmp_path: Path) -> None:
    text = plain + "plugins: [mine.py, some.module]\n"
    whole = (str(tmp_path / "mine.py"), "some.module")
    assert load(text).plugins == whole
    assert read_plugins(tmp_path / "e.yaml") == whole
    assert read_plugins(tmp_path / "e.yaml", ["plugins=[other]"]) == ("other",)


def test_plugins_are_found_in_an_experiment_that_is_wrong_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "e.yaml"
    path.write_text("plugins: [some.module]\nname: a\nname: b\nnonsense: 1\n")
    assert read_plugins(path, ["=="]) == ("some.module",)


def test_a_recording_beside_the_experiment_is_named_by_its_whole_path(
    load: Load, plain: str, tmp_path: Path, registry: Registry
) -> None:
    from pcpbench.trace.source import SHIPPED

    (tmp_path / "mine").symlink_to(SHIPPED / "linux-5.10-pressure")
    text = plain.replace("kind: repeat", "kind: trace, case: mine")
    trace = load(text).points[0].scenarios[1].workloads[0]
    assert dict(trace.parameters)["case"] == str(tmp_path / "mine")


def test_pressure_asks_120_cells_of_two_machines_and_two_scenarios(registry: Registry) -> None:
    experiment = load_experiment(PRESSURE, registry=registry)
    assert experiment.cell_count == len(list(experiment.cells())) == 120
    assert [scenario.name for scenario in experiment.points[0].scenarios] == [
        "generated",
        "recorded",
    ]
    cells = set(experiment.cells())
    assert {registry_arch(registry, cell.hardware) for cell in cells} == {"x86_64", "arm64"}
    assert all(cell.machine.isolated == (8, 9, 10, 11) for cell in cells)
    assert all(cell.time_ns >= 10**9 for cell in cells)
    assert experiment.baseline == "workqueue"


def registry_arch(registry: Registry, hardware: str) -> str:
    from pcpbench.hardware.profile import load_profile

    return load_profile(registry.hardware[hardware]).arch


@pytest.mark.parametrize("path", sorted(PRESSURE.parent.glob("*.yaml")), ids=lambda path: path.stem)
def test_each_shipped_experiment_is_named_like_its_file(path: Path, registry: Registry) -> None:
    assert load_experiment(path, registry=registry).name == path.stem
