from __future__ import annotations

from collections.abc import Callable

import pytest

from pcpbench.experiment import Experiment

Complaints = Callable[..., list[str]]
Load = Callable[..., Experiment]


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("machine.cpus=12", "machines.epyc-7742.cpus", 12),
        ("machine={cpus: 9, isolated: 8}", "machines.epyc-7742.isolated", [8]),
        ("machine.rcu_normal=true", "machines.graviton2.rcu_normal", True),
        ("simulate.time=200ms", "time_ns", 200_000_000),
        ("drains.rate=50/s", "drains_per_s", 50.0),
        ("scenarios.one.0.rate=600k/s", "scenarios.0.workloads.0.parameters.rate", 600_000.0),
        ("scenarios.two.repeat.rate=2 M/s", "scenarios.1.workloads.0.parameters.rate", 2e6),
        ("strategies.1.expedited=false", "strategies.1.parameters.expedited", False),
        ("strategies.rcu-swap.label=swap", "strategies.1.label", "swap"),
        ("strategies.0.name=workqueue", "strategies.0.label", "workqueue"),
    ],
)
def test_a_setting_replaces_the_value_at_its_path(
    setting: str, path: str, value: object, load: Load, plain: str
) -> None:
    found = load(plain, setting).resolved()["points"][0]
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    assert found == value


def test_later_settings_win(load: Load, plain: str) -> None:
    assert load(plain, "replicates=3", "replicates=5").replicates == 5


def test_names_of_metrics_keep_their_dots(load: Load, plain: str) -> None:
    margins = load(plain, "margins.alloc.latency_ns.p99=2 %").margins
    assert margins["alloc.latency_ns.p99"] == 0.02


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("machine.cpsu=8", "'machine' has no key 'cpsu'; did you mean 'cpus'?; correct it"),
        ("machin.cpus=8", "an experiment has no key 'machin'; did you mean 'machine'?; correct it"),
        ("machine.cpus", "it sets nothing; write path=value, such as machine.cpus=8"),
        ("machine..cpus=8", "it sets nothing; write path=value, such as machine.cpus=8"),
        ("=8", "it sets nothing; write path=value, such as machine.cpus=8"),
        ("machine.cpus=", "machine.cpus gets no value; write one after the '='"),
        ("machine.cpus=[", "not YAML: expected the node content, but found '<stream end>'"),
        ("machine.cpus=&a 8", "anchors are not allowed here; write the value out"),
        ("machine.cpus=# 8", "it is empty; the documentation and configs/ have examples"),
        ("machine=5", "'machine' is not a mapping; write key: value lines"),
        ("name.x=1", "'name' is a single value and has no 'x'; correct the path"),
        (
            "scenarios.noe.0.rate=1 k/s",
            "'scenarios' has no 'noe'; did you mean 'one'?; correct the",
        ),
        (
            "scenarios.one.7.rate=1 k/s",
            "'one' has 2 entries, counted from 0, and no 7; correct the",
        ),
        ("scenarios.one.0.rate=600", "'rate' is 600, without a unit; write '600/s', '600 k/s' or"),
        ("strategies.rcu-swp.label=x", "'strategies' has no 'rcu-swp'; did you mean 'rcu-swap'?"),
        ("strategies.workqueue.x=1", "strategy 'workqueue' has no parameter 'x'; it has none"),
        ("margins.throughput=1 %", "there is no metric 'throughput'; did you mean 'throughput_"),
        ("replicates=1", "strategies cannot be compared on 1 replicate; write 2 or more"),
    ],
)
def test_a_wrong_setting_is_named_as_it_was_given(
    setting: str, complaint: str, complaints: Complaints, plain: str
) -> None:
    told = complaints(plain, setting)
    assert len(told) == 1
    assert told[0].startswith(f"--set {setting}: {complaint}")


def test_a_name_that_two_entries_share_needs_a_number(complaints: Complaints, plain: str) -> None:
    text = plain.replace("{kind: repeat, cpus: 0-3}", "{kind: repeat, cpus: 0-3}\n") + "\n"
    text = text.replace("  two:\n", "  two:\n    - {kind: repeat, cpus: 4-5}\n")
    setting = "scenarios.two.repeat.rate=2 M/s"
    told = complaints(text, setting)
    assert told == [f"--set {setting}: 'two' has more than one 'repeat'; use a number: 0 and 1"]


def test_the_mistake_a_setting_causes_elsewhere_is_named_there(
    complaints: Complaints, plain: str
) -> None:
    assert complaints(plain, "machine.cpus=7")[0].startswith("e.yaml:6:30: there is no CPU 7")


@pytest.mark.parametrize(
    ("keywords", "complaint"),
    [
        ({"seed": -4}, "--seed -4: 'seed' is -4; it must be from 0 to "),
        ({"seed": 2**53}, "--seed 9007199254740992: 'seed' is 9007199254740992; it must be"),
        ({"replicates": 0}, "--replicates 0: 'replicates' is 0; it must be from 1 to 10000"),
        ({"replicates": 1}, "--replicates 1: strategies cannot be compared on 1 replicate"),
    ],
)
def test_arguments_are_checked_like_the_values_they_replace(
    keywords: dict[str, int], complaint: str, complaints: Complaints, plain: str
) -> None:
    assert complaints(plain, **keywords)[0].startswith(complaint)
