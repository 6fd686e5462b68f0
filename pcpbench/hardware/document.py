"""Writes docs/hardware.md from the built-in profiles, so that the page cannot disagree with them.

``python -m pcpbench.hardware.document > docs/hardware.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from pcpbench.hardware.cost_keys import COST_MEANINGS
from pcpbench.hardware.profile import Cost, HardwareProfile, load_profile

INTRODUCTION = """\
# Hardware profiles

A profile says what each elementary step costs on a machine, in nanoseconds; the core counts in
whole picoseconds. Every number is either *published*, with its source, or an *estimate*, with the
reason and a range from low to high. A verdict that turns around within those ranges is not a
verdict about the strategies; reports name it as depending on the profile.

Few of these steps have been measured in public on bare metal, least of all interrupts between
CPUs and the wake-up of kworkers. Where a number is an estimate, a measurement that replaces it is
the most useful contribution.

How the parts add up:

- An allocation or free that stays in the CPU's own list costs `alloc_path` or `free_path`, plus
  what the strategy's access adds (`irq_save_restore` or `preempt_pair`, `spin_lock_pair`, a
  `dependent_load` for each indirection, `static_branch`), plus the transfer of
  each cache line that another CPU owned last.
- A refill holds the zone lock for `refill_base`, `refill_page` for each block and `split_level`
  for each split; a flush for `flush_base`, `flush_page` and `merge_level` alike.
- An IPI reaches its target `ipi_send` + `ipi_flight` after the sender began, takes
  `irq_entry_exit` + `ipi_handler` of its time, and the sender knows `ipi_ack` later.
- `wake_latency_busy_ns` gives the wake-up latency of a kworker behind a busy task of the fair
  class, by quantile; between the points it is linear. Behind a FIFO task, RT throttling decides.

A profile is one YAML file; `pcpbench_hardware` hooks return paths of more. Keys: `name`,
`summary`, `arch`, `clock_ghz`, `page_bytes`, `page_sizes_bytes` (what `machine.page_size` of an
experiment may choose; by default only `page_bytes`), `topology` (`sockets`, `cores_per_socket`,
`cores_per_cluster`, `smt`, and `last_level_cache_kib`, which the cores of a cluster have together,
or those of a socket where clusters are single cores; by default 1536 a core), `costs_ns`,
`wake_latency_busy_ns`. Each number is `{value, source}`, with `low` and `high` if the source gives
a range, or `{value, low, high, estimate}`. All keys below are required, but for those that came
later: `dependent_load`, `dram_stream`, `tail_page`. `l1_load`, `compiler_barrier` and
`kernel_entry_exit` of earlier profiles are allowed and not read: no step of the model takes them.

`pcpbench describe PROFILE` draws one of them. A profile of your own needs no plugin: name its file
(`plugins: [./my-host.yaml]` in an experiment, or `-p ./my-host.yaml`) and then its name without
the ending (`hardware: [my-host]`). `pcpbench calibrate` writes one for the machine it runs on
(docs/calibrate.md).

This page is generated: `python -m pcpbench.hardware.document > docs/hardware.md`.
"""


def document(profiles: Iterable[HardwareProfile]) -> str:
    """The page as Markdown text."""
    profiles = list(profiles)
    parts = [INTRODUCTION, "## What the keys mean\n", _meanings(), "## Values side by side\n"]
    parts.append(_side_by_side(profiles))
    for profile in profiles:
        parts += [f"## {profile.name}\n", _head(profile), _table(profile)]
    return "\n".join(parts)


def _meanings() -> str:
    rows = [f"| `{key}` | {meaning} |\n" for key, meaning in COST_MEANINGS.items()]
    return "| key | ns of |\n|---|---|\n" + "".join(rows)


def _side_by_side(profiles: list[HardwareProfile]) -> str:
    head = "| key | " + " | ".join(profile.name for profile in profiles) + " |\n"
    rule = "|---|" + "---:|" * len(profiles) + "\n"
    rows = [
        f"| `{key}` | " + " | ".join(_value(profile.costs[key]) for profile in profiles) + " |\n"
        for key in COST_MEANINGS
    ]
    note = "\nA tilde marks an estimate.\n"
    return head + rule + "".join(rows) + note


def _value(cost: Cost) -> str:
    return f"{'' if cost.estimate is None else '~'}{cost.value_ns:,.10g}"


def _head(profile: HardwareProfile) -> str:
    shape = profile.topology
    pages = " or ".join(map(str, profile.page_sizes_bytes))
    return (
        f"{profile.summary[0].upper()}{profile.summary[1:]}. {profile.clock_ghz:g} GHz, "
        f"{pages} bytes a page; {shape.sockets} x {shape.cores_per_socket} cores, "
        f"{shape.cores_per_cluster} a cluster, {shape.smt} thread(s) a core. "
        f"{len(profile.estimates)} of {len(profile.costs) + len(profile.wake_latency_busy)} "
        "numbers are estimates.\n"
    )


def _table(profile: HardwareProfile) -> str:
    wakes = {f"wake_latency_busy_ns.{key}": c for key, c in profile.wake_latency_busy.items()}
    numbers: Mapping[str, Cost] = {**profile.costs, **wakes}
    rows = []
    for key, cost in numbers.items():
        spread = (
            "" if cost.low_ns == cost.high_ns else f"{cost.low_ns:,.10g} - {cost.high_ns:,.10g}"
        )
        why = f"published: {cost.source}" if cost.source else f"estimate: {cost.estimate}"
        rows.append(f"| `{key}` | {cost.value_ns:,.10g} | {spread} | {why.replace('|', '/')} |\n")
    return "| key | ns | range | why |\n|---|---:|---|---|\n" + "".join(rows)


if __name__ == "__main__":
    folder = Path(__file__).parent / "profiles"
    sys.stdout.write(document(load_profile(path) for path in sorted(folder.glob("*.yaml"))))
