"""Decides what a hardware profile must say, and turns a profile file into checked numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pcpbench.hardware.cost_keys import (
    ADDED_LATER,
    COST_MEANINGS,
    MAY_BE_ZERO,
    NO_LONGER_READ,
    WAKE_QUANTILES,
)
from pcpbench.placed_yaml import Entry, Reading, read_entries

PAGE_SIZES_BYTES = (4096, 16384, 65536)
LARGEST_COST_NS = 10e9
CACHE_KIB_A_CORE = 1536
KEYS = (
    "name",
    "summary",
    "arch",
    "clock_ghz",
    "page_bytes",
    "topology",
    "costs_ns",
    "wake_latency_busy_ns",
)
OPTIONAL_KEYS = ("page_sizes_bytes",)
End = Literal["value", "low", "high"]
PLACES = 10_000  # steps in a range


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One number of a profile, in ns.

    ``source``: where it was published, for this machine; None for an estimate. ``estimate``: why
    this value and this range; None for a published number. low_ns <= value_ns <= high_ns; a
    published number without a range has all three equal.
    """

    value_ns: float
    low_ns: float
    high_ns: float
    source: str | None
    estimate: str | None

    def ps(self, end: End = "value") -> int:
        """The value, or one end of its range, in whole picoseconds."""
        value_ns = {"value": self.value_ns, "low": self.low_ns, "high": self.high_ns}[end]
        return round(value_ns * 1000)

    def at(self, place: int) -> int:
        """A place in the range in whole picoseconds: 0 is the low end, ``PLACES`` / 2 the value,
        ``PLACES`` the high end, straight between them; so half of the places are below the value.
        Raises ValueError for another place."""
        if not 0 <= place <= PLACES:
            raise ValueError(f"a place in a range is 0 to {PLACES}, not {place}")
        half = PLACES // 2
        low, value, high = (self.ps("low"), self.ps("value"), self.ps("high"))
        if place <= half:
            return low + (value - low) * place // half
        return value + (high - value) * (place - half) // half


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """How the machine's CPUs are arranged. CPU numbers: first one thread of every core.

    ``cores_per_cluster``: cores that share the nearest common cache; ``smt``: threads a core.
    ``last_level_cache_kib``: cache that the cores of a cluster have together, or those of a socket
    where clusters are single cores; None in profiles that do not say.
    """

    sockets: int
    cores_per_socket: int
    cores_per_cluster: int
    smt: int
    last_level_cache_kib: int | None = None

    @property
    def cpus(self) -> int:
        return self.sockets * self.cores_per_socket * self.smt

    @property
    def cache_kib(self) -> int:
        """The last-level cache, by default what the cores of a server processor have."""
        if self.last_level_cache_kib is not None:
            return self.last_level_cache_kib
        clustered = self.cores_per_cluster > 1
        return CACHE_KIB_A_CORE * (self.cores_per_cluster if clustered else self.cores_per_socket)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareProfile:
    """A machine in numbers. ``costs``: by the keys of cost_keys.COST_MEANINGS.

    ``page_bytes``: where an experiment does not say; ``page_sizes_bytes``: all it may say.

    ``wake_latency_busy``: wake-up latency of a kworker behind a busy task of the fair class, by
    the keys of cost_keys.WAKE_QUANTILES, never falling.
    """

    name: str
    summary: str
    arch: str
    clock_ghz: float
    page_bytes: int
    page_sizes_bytes: tuple[int, ...]
    topology: Topology
    costs: Mapping[str, Cost]
    wake_latency_busy: Mapping[str, Cost]

    @property
    def estimates(self) -> tuple[str, ...]:
        """Keys whose number is an estimate, in order of declaration."""
        numbers = {**self.costs, **{f"wake_{k}": c for k, c in self.wake_latency_busy.items()}}
        return tuple(key for key, cost in numbers.items() if cost.estimate is not None)


def load_profile(path: Path) -> HardwareProfile:
    """Reads a profile file. Raises InputError with every problem and its place."""
    root = read_entries(path)
    reading = Reading()
    entries = reading.mapping(root, "the profile", KEYS, OPTIONAL_KEYS)
    texts = {
        key: reading.text(entries[key], key)
        for key in ("name", "summary", "arch")
        if key in entries
    }
    clock_ghz = _positive(reading, entries.get("clock_ghz"), "clock_ghz")
    page_bytes = _page_bytes(reading, entries.get("page_bytes"), "page_bytes")
    page_sizes_bytes = _page_sizes(reading, entries.get("page_sizes_bytes"), page_bytes)
    topology = _topology(reading, entries.get("topology"))
    costs = _costs(reading, entries.get("costs_ns"), "costs_ns", COST_MEANINGS)
    wake_key = "wake_latency_busy_ns"
    wakes = _costs(reading, entries.get(wake_key), wake_key, WAKE_QUANTILES)
    if wake_key in entries:
        _check_rising(reading, wakes, entries[wake_key].place)
    reading.finish()
    assert clock_ghz is not None and page_bytes is not None and topology is not None
    return HardwareProfile(
        name=texts["name"] or "",
        summary=texts["summary"] or "",
        arch=texts["arch"] or "",
        clock_ghz=clock_ghz,
        page_bytes=page_bytes,
        page_sizes_bytes=page_sizes_bytes,
        topology=topology,
        costs=costs,
        wake_latency_busy=wakes,
    )


def _positive(reading: Reading, entry: Entry | None, what: str) -> float | None:
    return None if entry is None else reading.number(entry, what, least=0, strict=True)


def _page_bytes(reading: Reading, entry: Entry | None, what: str) -> int | None:
    if entry is None:
        return None
    if entry.value not in PAGE_SIZES_BYTES:
        choices = ", ".join(map(str, PAGE_SIZES_BYTES))
        shown = "a list" if isinstance(entry.value, list | dict) else entry.value
        reading.complain(f"{what} is {shown}", entry.place, f"choose one of {choices}")
        return None
    return int(entry.value)


def _page_sizes(reading: Reading, entry: Entry | None, page_bytes: int | None) -> tuple[int, ...]:
    """What the machine may run with; without the key only what it does."""
    if entry is None:
        return () if page_bytes is None else (page_bytes,)
    if not isinstance(entry.value, list):
        thing = "page_sizes_bytes is not a list"
        reading.complain(thing, entry.place, "write it as [4096, 65536]")
        return ()
    sizes = [_page_bytes(reading, item, "a page size") for item in entry.value]
    if page_bytes is not None and page_bytes not in sizes:
        reading.complain("page_sizes_bytes lacks page_bytes", entry.place, f"add {page_bytes}")
    return tuple(size for size in sizes if size is not None)


def _topology(reading: Reading, entry: Entry | None) -> Topology | None:
    if entry is None:
        return None
    keys = ("sockets", "cores_per_socket", "cores_per_cluster", "smt")
    most = {"sockets": 64, "cores_per_socket": 4096, "cores_per_cluster": 4096, "smt": 8}
    most["last_level_cache_kib"] = 1 << 24
    parts = reading.mapping(entry, "topology", keys, ("last_level_cache_kib",))
    numbers = {
        key: reading.whole(part, f"topology.{key}", least=1, most=most[key])
        for key, part in parts.items()
    }
    given = {key: number for key, number in numbers.items() if number is not None}
    if any(key not in given for key in (*keys, *parts)):
        return None
    if given["cores_per_socket"] % given["cores_per_cluster"]:
        reading.complain(
            f"{given['cores_per_socket']} cores do not divide into clusters of "
            f"{given['cores_per_cluster']}",
            parts["cores_per_cluster"].place,
            "choose a divisor of cores_per_socket",
        )
        return None
    return Topology(**given)


def _costs(
    reading: Reading, entry: Entry | None, what: str, keys: Mapping[str, object]
) -> dict[str, Cost]:
    if entry is None:
        return {}
    needed = [key for key in keys if key not in ADDED_LATER]
    allowed = [key for key in keys if key in ADDED_LATER]
    if keys is COST_MEANINGS:
        allowed += NO_LONGER_READ
    parts = reading.mapping(entry, what, needed, allowed)
    costs = {
        key: _cost(reading, parts[key], f"{what}.{key}", key) if key in parts else _added(key)
        for key in keys
        if key in parts or key in ADDED_LATER
    }
    return {key: cost for key, cost in costs.items() if cost is not None}


def _added(key: str) -> Cost:
    value_ns, low_ns, high_ns, why = ADDED_LATER[key]
    return Cost(value_ns=value_ns, low_ns=low_ns, high_ns=high_ns, source=None, estimate=why)


def _cost(reading: Reading, entry: Entry, what: str, key: str) -> Cost | None:
    before = len(reading.problems)
    parts = reading.mapping(entry, what, ("value",), ("low", "high", "source", "estimate"))
    if ("source" in parts) == ("estimate" in parts):
        remedy = "say where it was published (source) or why you think so (estimate)"
        reading.complain(f"{what} needs either source or estimate", entry.place, remedy)
    if ("low" in parts) != ("high" in parts) or ("estimate" in parts and "low" not in parts):
        reading.complain(f"{what} lacks an end of its range", entry.place, "give low and high")
    strict = key not in MAY_BE_ZERO
    numbers = {
        part: reading.number(parts[part], f"{what}.{part}", least=0, strict=strict)
        for part in ("value", "low", "high")
        if part in parts
    }
    why = {p: reading.text(parts[p], f"{what}.{p}") for p in ("source", "estimate") if p in parts}
    value_ns = numbers.get("value")
    if len(reading.problems) > before or value_ns is None:
        return None
    low_ns, high_ns = numbers.get("low") or 0.0, numbers.get("high") or 0.0
    if "low" not in numbers:
        low_ns = high_ns = value_ns
    if not low_ns <= value_ns <= high_ns <= LARGEST_COST_NS:
        thing = f"{what}: {value_ns:g} is not between {low_ns:g} and {high_ns:g} (at most 10 s)"
        reading.complain(thing, entry.place, "give low <= value <= high")
        return None
    return Cost(
        value_ns=value_ns,
        low_ns=low_ns,
        high_ns=high_ns,
        source=why.get("source"),
        estimate=why.get("estimate"),
    )


def _check_rising(reading: Reading, wakes: Mapping[str, Cost], place: str) -> None:
    for part in ("low_ns", "value_ns", "high_ns"):
        values = [getattr(cost, part) for cost in wakes.values()]
        if values != sorted(values):
            thing = f"wake_latency_busy_ns falls with the quantile ({part})"
            reading.complain(thing, place, "a higher quantile cannot be shorter")
            return
