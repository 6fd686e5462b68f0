from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pcpbench.plugin.registry import Registry
from pcpbench.plugin.workload import OpStream, Workload, WorkloadContext

Complaints = Callable[..., list[str]]

# What is written instead of a piece of the plain experiment, and how the complaint begins.
MISTAKES = {
    "no format": ("format: pcpbench/1\n", "", "e.yaml:1:1: the experiment lacks 'format: pc"),
    "newer format": ("pcpbench/1", "pcpbench/2", "e.yaml:1:9: the format is 'pcpbench/2'; this"),
    "odd format": ("pcpbench/1", "1", "e.yaml:1:9: the format is '1'; this pcpbench reads"),
    "misspelt key": (
        "baseline:",
        "basline:",
        "e.yaml:16:1: the experiment has no key 'basline'; did",
    ),
    "name with spaces": ("name: plain", "name: a b", "e.yaml:2:7: 'name' is not a name"),
    "question is a list": ("Does it work?", "[]", "e.yaml:3:11: 'question' is not a sentence"),
    "unknown hardware": (
        "epyc-7742",
        "epyc-7724",
        "e.yaml:4:12: there is no hardware profile 'epyc-7724'; did you mean 'epyc-7742'?; 'pcp",
    ),
    "no hardware": ("[epyc-7742, graviton2]", "[]", "e.yaml:4:11: 'hardware' is empty"),
    "hardware twice": ("epyc-7742", "graviton2", "e.yaml:4:23: hardware profile 'graviton2' stand"),
    "unknown kernel": ("v5.15", "v5.14", "e.yaml:5:9: there is no kernel 'v5.14'; did you mean"),
    "kernel is a number": ("v5.15", "5.15", "e.yaml:5:9: '5.15' is not the name of a kernel"),
    "no CPU": ("cpus: 8", "cpus: 0", "e.yaml:6:17: machine.cpus is 0; it must be from 1 to 8192"),
    "CPUs are true": ("cpus: 8", "cpus: true", "e.yaml:6:17: machine.cpus is not a whole number"),
    "machine too small for its isolated CPUs": (
        "cpus: 8",
        "cpus: 7",
        "e.yaml:6:30: there is no CPU 7 to isolate; the machine has CPUs 0-6 (machine.cpus)",
    ),
    "more CPUs than the hardware has": (
        "cpus: 8",
        "cpus: 65",
        "e.yaml:6:17: 65 CPUs are more than 'graviton2' has; write at most 64",
    ),
    "all isolated": ("6-7", "0-7", "e.yaml:6:30: every CPU is isolated; leave at least one"),
    "boot CPU nohz_full": ("6-7", "0-1", "e.yaml:6:30: CPU 0 cannot be nohz_full; isolate others"),
    "range counts down": ("6-7", "7-6", "e.yaml:6:30: machine.isolated has '7-6', which counts"),
    "flag is a number": ("full: true", "full: 1", "e.yaml:6:46: machine.nohz_full is not true or"),
    "memory without unit": ("1 GiB", "4", "e.yaml:6:76: machine.memory is 4, without a unit; writ"),
    "memory is nan": ("1 GiB", ".nan", "e.yaml:6:76: machine.memory is not a size: 'nan'"),
    "memory below its watermarks": (
        "1 GiB",
        "2 MiB",
        "e.yaml:6:76: 2 MiB of memory leave too little beside the watermarks of 'v5.15' and the "
        "lists of 8 CPUs (pages of 4 KiB); write at least 8 MiB",
    ),
    "pages that x86 has not": (
        "1 GiB",
        "1 GiB, page_size: 64 KiB",
        "e.yaml:6:94: 'epyc-7742' (x86_64) has no pages of 64 KiB; choose from 4 KiB",
    ),
    "pages of no size": ("1 GiB", "1 GiB, page_size: 5 KiB", "e.yaml:6:94: machine.page_size is 5"),
    "scenario without workloads": ("- {kind: repeat, cpus: 0-3}", "5", "e.yaml:12:5: scenario 'tw"),
    "unknown workload": (
        "repeat",
        "repaet",
        "e.yaml:12:14: there is no workload 'repaet'; did you",
    ),
    "workload without kind": (
        "kind: repeat, ",
        "",
        "e.yaml:12:7: a workload of scenario 'two' lack",
    ),
    "workload without CPUs": (
        ", cpus: 0-3",
        "",
        "e.yaml:12:7: a workload of scenario 'two' lacks '",
    ),
    "workload on absent CPUs": ("0-3", "0-9", "e.yaml:12:28: there is no CPU 8-9; the machine has"),
    "workload on no CPU": ("0-3", "none", "e.yaml:12:28: the workload drives no CPU; give it one"),
    "two workloads on a CPU": (
        "cpus: isolated",
        "cpus: 5-7",
        "e.yaml:10:35: scenario 'one' gives CPU 5 to two workloads; a CPU runs one workload",
    ),
    "unknown parameter": (
        "rate: 500 k/s",
        "rat: 500 k/s",
        "e.yaml:9:51: workload 'memory-pressure' has no parameter 'rat'; did you mean 'rate'?",
    ),
    "rate without unit": ("500 k/s", "500", "e.yaml:9:57: 'rate' is 500, without a unit; write '5"),
    "rate too high": ("500 k/s", "9 M/s", "e.yaml:9:57: 'rate' is 9 M/s; it must be from 1 k/s to"),
    "part of a ns": (
        "50 us",
        "5000.5 ns",
        "e.yaml:10:58: 'touch_every' is 5000.5 ns; write a multi",
    ),
    "half a page": (
        "50 us",
        "50 us, pages: 2.5",
        "e.yaml:10:72: 'pages' is '2.5'; it must be a wh",
    ),
    "parameter is a list": (
        "50 us",
        "5 us, fifo: [1]",
        "e.yaml:10:70: 'fifo' is not a single value",
    ),
    "recording that is not there": (
        "kind: repeat",
        "kind: trace, case: nowhere",
        "e.yaml:12:7: nowhere: there is no recording 'nowhere'",
    ),
    "gaps that mean nothing": (
        "kind: repeat",
        "kind: trace, gaps: wide",
        "e.yaml:12:7: workload 'trace' refuses its parameters: ",
    ),
    "unknown strategy": (
        "- workq",
        "- wrokq",
        "e.yaml:14:5: there is no strategy 'wrokqueue'; did",
    ),
    "strategy without name": ("- workqueue", "- {x: 1}", "e.yaml:14:5: a strategy lacks 'name'"),
    "strategy twice": ("- workq", "- rcu-swap\n  - workq", "e.yaml:16:5: two strategies have the"),
    "unknown strategy parameter": (
        "expedited: true",
        "expedite: true",
        "e.yaml:15:22: strategy 'rcu-swap' has no parameter 'expedite'; did you mean 'expedited'?",
    ),
    "label with spaces": ("{name: rcu", "{label: a b, name: rcu", "e.yaml:15:13: 'label' is not a"),
    "unknown baseline": (
        "baseline: workqueue",
        "baseline: workqueues",
        "e.yaml:16:11: the baseline 'workqueues' is none of the strategies; did you mean 'workq",
    ),
    "time without unit": ("100 ms", "100", "e.yaml:17:21: simulate.warm_up is 100, without a unit"),
    "no time": (
        "time: 1 s",
        "time: 0 s",
        "e.yaml:17:35: simulate.time is 0 s; it must be from 1 ms",
    ),
    "one replicate": (
        "replicates: 4",
        "replicates: 1",
        "e.yaml:18:13: strategies cannot be compar",
    ),
    "replicates without an end": ("s: 4", "s: {min: 10}", "e.yaml:18:13: 'replicates' lacks 'max'"),
    "replicates that stop too soon": (
        "s: 4",
        "s: {min: 9, max: 80, until: {ci_width: 2 %}}",
        "e.yaml:18:19: replicates.min is 9; it must be from 10",
    ),
    "fewer replicates at most than at least": (
        "s: 4",
        "s: {min: 20, max: 15, until: {ci_width: 2 %}}",
        "e.yaml:18:28: replicates.max is 15, and replicates.min is 20",
    ),
    "a width without unit": (
        "s: 4",
        "s: {max: 15, until: {ci_width: 2}}",
        "e.yaml:18:41: until.ci_width is 2, without a unit; write '2 %'",
    ),
    "a share written as a fraction": (
        "s: 4",
        "s: {max: 15, until: {ci_width: 0.02}}",
        "e.yaml:18:41: until.ci_width is 0.02, without a unit; write '2 %', or '0.02 %' if",
    ),
    "until something else": (
        "s: 4",
        "s: {max: 15, until: {p: 5 %}}",
        "e.yaml:18:30: 'until' lacks 'ci_width'",
    ),
    "unknown metric": (
        "[isolated.noise_ns_per_s",
        "[isolated.noise_per_s",
        "e.yaml:19:11: there is no metric 'isolated.noise_per_s'; did you mean 'isolated.noise_n",
    ),
    "margin of an unknown metric": ("  thr", "  trh", "e.yaml:21:3: there is no metric 'trhoughp"),
    "margin without unit": (
        "s: 1 %",
        "s: 1",
        "e.yaml:21:27: the margin of 'throughput_pages_per_s",
    ),
    "margin of 0": (
        "1 %",
        "0 %",
        "e.yaml:21:27: the margin of 'throughput_pages_per_s' is 0; writ",
    ),
    "margin below 0": ("1 %", "-1 %", "e.yaml:21:27: the margin of 'throughput_pages_per_s' is -1"),
    "margin in a foreign unit": (
        "1 us",
        "1 %",
        "e.yaml:22:28: the margin of 'isolated.noise_ns_pe",
    ),
    "published numbers": (
        "replicates: 4",
        "reference: [1]",
        "e.yaml:18:13: a reference is not a mapping",
    ),
    "drains without rate": ("replicates: 4", "drains: {}", "e.yaml:18:9: 'drains' lacks 'rate'"),
    "plugin is a number": ("replicates: 4", "plugins: [5]", "e.yaml:18:11: a plugin is not a text"),
    "key twice": (
        "replicates: 4",
        "name: again",
        "e.yaml:18:1: key 'name' stands twice; remove one",
    ),
    "anchor": ("replicates: 4", "replicates: &a 4", "e.yaml:18:13: anchors are not allowed here"),
    "Python tag": (
        "replicates: 4",
        "question: !!python/object/apply:os.system [ls]",
        "e.yaml:18:1: key 'question' stands twice",
    ),
    "Python tag on a mapping": (
        "{cpus: 8",
        "!!python/object:os.system {cpus: 8",
        "e.yaml:6:10: 'tag:yaml.org,2002:python/object:os.syste...' has no plain value; remove the",
    ),
    "huge number": ("cpus: 8", f"cpus: {10**30}", "e.yaml:6:17: machine.cpus is out of range; it"),
    "unprintable number": ("cpus: 8", f"cpus: 0x{'f' * 9999}", "e.yaml:6:17: '0xffff"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_at_its_place(mistake: str, complaints: Complaints, plain: str) -> None:
    piece, instead, complaint = MISTAKES[mistake]
    assert piece in plain
    assert complaints(plain.replace(piece, instead, 1))[0].startswith(complaint)


def test_all_mistakes_come_at_once_in_the_order_of_lines(
    complaints: Complaints, plain: str
) -> None:
    text = plain
    for mistake in ("unknown hardware", "no CPU", "unknown parameter", "no time", "margin of 0"):
        piece, instead, _ = MISTAKES[mistake]
        text = text.replace(piece, instead, 1)
    places = [complaint.split(": ")[0] for complaint in complaints(text, "name=[", seed=-1)]
    assert places == [
        "e.yaml:4:12",
        "e.yaml:6:17",
        "e.yaml:9:51",
        "e.yaml:17:35",
        "e.yaml:21:27",
        "--set name=[",
        "--seed -1",
    ]


def test_a_misspelt_strategy_is_not_also_a_wrong_baseline(
    complaints: Complaints, plain: str
) -> None:
    assert len(complaints(plain.replace("- workqueue", "- workqeue"))) == 1


def test_nohz_full_without_isolated_cpus_is_told_apart_from_none(
    complaints: Complaints, plain: str
) -> None:
    told = complaints(plain.replace("isolated: 6-7, ", ""))
    assert told[0].startswith("e.yaml:6:31: machine.nohz_full has no CPU to apply to")
    told = complaints(plain.replace("6-7", "none"))
    assert [complaint[:34] for complaint in told] == ["e.yaml:10:35: no CPU of the machin"]


def test_an_unknown_name_tells_of_plugins_that_did_not_load(
    complaints: Complaints, plain: str, registry: Registry
) -> None:
    broken = replace(registry, warnings=("plugin 'mine.py': there is no file mine.py",))
    told = complaints(plain.replace("- workqueue", "- mine"), registry=broken)
    assert "(not loaded: plugin 'mine.py': there is no file mine.py)" in told[0]


class Broken(Workload):
    kind = "broken"

    def streams(self, context: WorkloadContext) -> list[OpStream]:
        raise ValueError("nothing works")


class Refusing(Workload):
    kind = "refusing"

    def __init__(self, **values: object) -> None:
        raise RuntimeError("never")


def test_a_workload_that_refuses_is_found_before_anything_runs(
    complaints: Complaints, plain: str, registry: Registry
) -> None:
    added = {"broken": Broken, "refusing": Refusing}
    own = replace(registry, workloads={**registry.workloads, **added})
    told = complaints(plain.replace("kind: repeat", "kind: broken"), registry=own)
    assert told[0].startswith("e.yaml:12:7: workload 'broken' raised ValueError: nothing works")
    assert f"({__file__}:" in told[0]
    told = complaints(plain.replace("kind: repeat", "kind: refusing"), registry=own)
    assert told[0].startswith("e.yaml:12:7: workload 'refusing' refuses its parameters: never")


def test_a_profile_that_is_wrong_is_told_with_the_rest(
    complaints: Complaints, plain: str, registry: Registry, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: wrong\n")
    own = replace(registry, hardware={**registry.hardware, "wrong": wrong})
    told = complaints(plain.replace("epyc-7742", "wrong").replace("4", "1"), registry=own)
    assert any("wrong.yaml:1:1: the profile lacks 'arch'" in line for line in told)
    assert any("strategies cannot be compared" in line for line in told)
