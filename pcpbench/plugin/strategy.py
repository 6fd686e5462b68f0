"""Says what a drain strategy is: how a CPU touches its list, and how everyone's are emptied."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from pcpbench.errors import suggestion
from pcpbench.plugin.drain import Drain, MachineFacts, Target
from pcpbench.plugin.parameters import Parameterised
from pcpbench.plugin.primitives import Primitive

DrainSteps = Generator[Primitive, Any, None]
ACCESS_WORDS = {
    "mask": ("irqs_off", "preempt_off", "none"),
    "lock": ("none", "spin", "trylock"),
    "on_busy": ("spin", "buddy"),
    "lock_scope": ("zone", "cpu"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAccess:
    """How a CPU enters its own list.

    ``mask``: what is off inside the section. ``lock``: none, a spinlock, or a trylock whose
    failure follows ``on_busy`` (spin on, or take the buddy path). ``indirections``: dependent
    loads added before the list is found. ``static_branches``: patched branches passed.
    ``lock_scope``: one lock per zone and CPU, or one per CPU for all zones. Raises ValueError for
    another word, and for counts below 0.
    """

    mask: Literal["irqs_off", "preempt_off", "none"] = "irqs_off"
    lock: Literal["none", "spin", "trylock"] = "none"
    on_busy: Literal["spin", "buddy"] = "spin"
    indirections: int = 0
    static_branches: int = 0
    lock_scope: Literal["zone", "cpu"] = "zone"

    def __post_init__(self) -> None:
        for attribute, words in ACCESS_WORDS.items():
            word = getattr(self, attribute)
            if word not in words:
                hint = suggestion(str(word), words)
                one_of = ", ".join(words)
                raise ValueError(f"ListAccess: {attribute} is {word!r}, not one of {one_of}{hint}")
        for attribute in ("indirections", "static_branches"):
            count = getattr(self, attribute)
            if type(count) is not int or count < 0:
                raise ValueError(f"ListAccess: {attribute} is {count!r}, not a whole number >= 0")


class Strategy(Parameterised):
    """Base class of drain strategies; subclass it, set the class attributes, write ``drain_all``.

    ``name``: unique, as written in experiments. ``summary``: one line. ``source``: the posting
    or release it comes from. ``historical``: kernel presets it is native to; elsewhere it runs
    marked *transplanted*. ``access``: for allocation; ``free_access``: where frees differ;
    ``list_free_access``: where frees of a whole list of pages differ from those.
    ``uses_lists``: False where every call goes to the zone. ``mutex``: ``"trylock"`` =
    pcpu_drain_mutex, a second drain of all zones returns at once, one of a single zone waits
    (mm/page_alloc.c:__drain_all_pages, v5.15); ``"none"``. ``list_sets``: 2 when lists are
    swapped. ``bytes_per_cpu_zone``: memory it adds to each CPU and zone; ``bytes_per_cpu``: to
    each CPU; both on top of v5.15, whose lists have 256 bytes and no lock, whatever the preset.
    What every kernel has anyway (work items, data of IPIs, RCU) is not counted. ``drains_lru``:
    whether it empties LRU batches from afar as well.
    """

    _reserved = ("name", "label")

    name: ClassVar[str]
    summary: ClassVar[str] = ""
    source: ClassVar[str] = ""
    historical: ClassVar[tuple[str, ...]] = ()
    access: ClassVar[ListAccess] = ListAccess()
    free_access: ClassVar[ListAccess | None] = None
    list_free_access: ClassVar[ListAccess | None] = None
    uses_lists: ClassVar[bool] = True
    mutex: ClassVar[Literal["trylock", "none"]] = "trylock"
    list_sets: ClassVar[Literal[1, 2]] = 1
    bytes_per_cpu_zone: ClassVar[int] = 0
    bytes_per_cpu: ClassVar[int] = 0
    drains_lru: ClassVar[bool] = False

    def access_on(self, machine: MachineFacts) -> ListAccess:
        """``access``, or another where it depends on the machine or a parameter."""
        return self.access

    def limbo_ns(self) -> int:
        """How long after a drain's end a page that was listed at its start may still wait on its
        list. 0: none does. A drain with ``force`` may leave none in any case."""
        return 0

    @classmethod
    def is_transplanted(cls, kernel: str) -> bool:
        """Whether it never ran in this kernel (a preset's name)."""
        return kernel not in cls.historical

    def drain_all(self, d: Drain) -> DrainSteps:
        """Empty everyone's lists. Runs in the task that asked; the declared mutex is held."""
        raise NotImplementedError

    def on_target(self, t: Target) -> DrainSteps:
        """What is done for one CPU by its kworker, in its interrupt, at its kernel entry, or
        from afar; needed only by strategies that yield such a primitive."""
        raise NotImplementedError


def drain_own_lists(strategy: Strategy, t: Target) -> DrainSteps:
    """Empties the target's lists and does nothing else.

    A strategy that says ``on_target = drain_own_lists`` is not asked when a target acts: the core
    carries it out alone, with the same result.
    """
    yield t.drain_local()
