"""Says what a drain strategy is: how a CPU touches its list, and how everyone's are emptied."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pcpbench.plugin.drain import Drain, Primitive, Target
from pcpbench.plugin.parameters import Parameterised

DrainSteps = Generator[Primitive, Any, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAccess:
    """How a CPU enters its own list.

    ``mask``: what is off inside the section. ``lock``: none, a spinlock, or a trylock whose
    failure follows ``on_busy`` (spin on, or take the buddy path). ``indirections``: dependent
    loads added before the list is found. ``static_branches``: patched branches passed.
    ``lock_scope``: one lock per zone and CPU, or one per CPU for all zones.
    """

    mask: Literal["irqs_off", "preempt_off", "none"] = "irqs_off"
    lock: Literal["none", "spin", "trylock"] = "none"
    on_busy: Literal["spin", "buddy"] = "spin"
    indirections: int = 0
    static_branches: int = 0
    lock_scope: Literal["zone", "cpu"] = "zone"


class Strategy(Parameterised):
    """Base class of drain strategies; subclass it, set the class attributes, write ``drain_all``.

    ``name``: unique, as written in experiments. ``summary``: one line. ``source``: the posting
    or release it comes from. ``historical``: kernel presets it is native to; elsewhere it runs
    marked *transplanted*. ``access``: for allocation; ``free_access``: where frees differ.
    ``mutex``: ``"trylock"`` = pcpu_drain_mutex, a second drain of all zones returns at once
    (mm/page_alloc.c:__drain_all_pages, v5.15); ``"none"``. ``list_sets``: 2 when lists are
    swapped. ``bytes_per_cpu_zone``: memory it adds to each CPU and zone. ``drains_lru``: whether
    it drains the LRU batches as well.
    """

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    source: ClassVar[str] = ""
    historical: ClassVar[tuple[str, ...]] = ()
    access: ClassVar[ListAccess] = ListAccess()
    free_access: ClassVar[ListAccess | None] = None
    mutex: ClassVar[Literal["trylock", "none"]] = "trylock"
    list_sets: ClassVar[Literal[1, 2]] = 1
    bytes_per_cpu_zone: ClassVar[int] = 0
    drains_lru: ClassVar[bool] = False

    def drain_all(self, d: Drain) -> DrainSteps:
        """Empty everyone's lists. Runs in the task that asked; the declared mutex is held."""
        raise NotImplementedError

    def on_target(self, t: Target) -> DrainSteps:
        """What queued work does on its CPU; needed only by strategies that queue work."""
        raise NotImplementedError
