"""Decides how docs/strategies.md presents the strategies; it is written from their classes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from pcpbench.plugin.strategy import ListAccess, Strategy

INTRODUCTION = """\
# Strategies

This page is written from the classes in `pcpbench/strategies/`
(`python -m pcpbench.strategies.document > docs/strategies.md`); a test checks that it agrees.
`pcpbench describe NAME` prints the same.

A strategy says how a CPU touches its own page lists, and how everyone's are emptied. It is
*historical* for the kernel presets in which it really ran. On every other preset it runs
**transplanted**: the lists follow the preset's rules, but access and drain are the strategy's. A
transplant answers "what if", not "what was".

What holds for all of them:

- **Two drains at once.** With the mutex (`pcpu_drain_mutex`) a second drain of all zones returns at
  once and drains nothing; its caller goes on without those pages. One of a single zone waits.
  Without the mutex drains overlap.
- **A drain that meets a CPU in the middle of a call.** A section that masks interrupts delays
  interrupts; a section under a lock delays the drain, or is delayed by it, or takes the buddy
  lists, as its access says; a section that is an RCU reader keeps the lists it found until its end,
  and the grace period waits for it.
- **`zone_pcp_disable`.** The drain is forced: it visits every CPU and leaves nothing for later.
- **A CPU that goes offline** empties its own lists under the same access.

Each node of the simulated machine is one zone. A lock per CPU for all zones is carried out as one
for each zone and CPU, as most strategies have it: on several nodes a drain takes more of them than
the strategy would. A strategy that drains LRU batches does so from afar; under the others
`lru_add_drain_all` queues work on every CPU with entries, isolated ones included, as all kernels
do.
"""


def markdown(strategies: Iterable[type[Strategy]]) -> str:
    """The page docs/strategies.md."""
    shown = tuple(strategies)
    lines = [
        INTRODUCTION,
        "| name | mechanism | historical for | memory added |",
        "|---|---|---|---|",
    ]
    for strategy in shown:
        historical = ", ".join(strategy.historical) or "none: always transplanted"
        lines.append(
            f"| [`{strategy.name}`](#{strategy.name}) | {strategy.summary} | {historical} | "
            f"{memory_of(strategy)} |"
        )
    for strategy in shown:
        lines += ["", *_section(strategy)]
    return "\n".join(lines) + "\n"


def memory_of(strategy: type[Strategy]) -> str:
    """The memory a strategy adds, in words."""
    parts = []
    if strategy.bytes_per_cpu_zone:
        parts.append(f"{strategy.bytes_per_cpu_zone} bytes a CPU and zone")
    if strategy.bytes_per_cpu:
        parts.append(f"{strategy.bytes_per_cpu} bytes a CPU")
    return ", ".join(parts) or "none"


def access_in_words(access: ListAccess) -> str:
    """How a section is entered, in words."""
    masks = {
        "irqs_off": "interrupts off",
        "preempt_off": "preemption off",
        "none": "nothing masked",
    }
    locks = {"none": "no lock", "spin": "a spinlock", "trylock": "a spinlock, tried once"}
    parts = [masks[access.mask], locks[access.lock]]
    if access.lock == "trylock":
        busy = {"buddy": "busy: the buddy lists", "spin": "busy: spins on"}
        parts.append(busy[access.on_busy])
    if access.indirections:
        parts.append(f"{access.indirections} dependent load more")
    if access.static_branches:
        parts.append(f"{access.static_branches} patched branch")
    return ", ".join(parts)


def _section(strategy: type[Strategy]) -> list[str]:
    entry = access_in_words(strategy.access) if strategy.uses_lists else "no lists"
    mutex = "pcpu_drain_mutex" if strategy.mutex == "trylock" else "none"
    lru = "yes" if strategy.drains_lru else "no"
    lines = [f"## {strategy.name}", "", inspect.getdoc(strategy) or "", ""]
    lines += [f"- Source: {strategy.source}.", f"- A CPU enters its lists with: {entry}."]
    if strategy.list_free_access is not None:
        words = access_in_words(strategy.list_free_access)
        lines.append(f"- To free a list of pages: {words}.")
    lines += [f"- Drain mutex: {mutex}. Drains LRU batches: {lru}."]
    lines += [f"- Memory added: {memory_of(strategy)}."]
    parameters = [f"- {parameter.in_words()}" for parameter in strategy.parameters()]
    return [*lines, "", "Parameters:", "", *parameters] if parameters else lines


if __name__ == "__main__":
    from pcpbench.strategies.builtin import BUILT_IN

    print(markdown(BUILT_IN), end="")
