"""Decides what a kernel preset must say, and turns a preset file into checked rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pcpbench.errors import suggestion
from pcpbench.hardware.profile import PAGE_SIZES_BYTES
from pcpbench.kernels.rules import DEFAULTS, RULES, Choice, Count, PerPageSize
from pcpbench.placed_yaml import Entry, Reading, read_entries

RuleValue = str | bool | int | None | Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule's value in one release, and the kernel file and function that says so."""

    value: RuleValue
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPreset:
    """The allocator rules of one kernel release. ``rules``: by the keys of rules.RULES."""

    name: str
    release: str
    summary: str
    rules: Mapping[str, Rule]

    def word(self, key: str) -> str:
        """The value of a rule that is a word. Raises TypeError for another rule."""
        value = self.rules[key].value
        if not isinstance(value, str):
            raise TypeError(f"{key} is not a word")
        return value

    def flag(self, key: str) -> bool:
        """The value of a rule that is true or false. Raises TypeError for another rule."""
        value = self.rules[key].value
        if not isinstance(value, bool):
            raise TypeError(f"{key} is not true or false")
        return value

    def count(self, key: str, *, none: int | None = None) -> int:
        """The number of a rule; ``none`` stands for "no limit". Raises TypeError if there is no
        number and no ``none``."""
        value = self.rules[key].value
        value = none if value is None else value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{key} is not a number")
        return value

    def at_page_size(self, key: str, page_bytes: int) -> int:
        """The number of a rule that depends on the page size. Raises KeyError for a page size
        that the release does not support."""
        value = self.rules[key].value
        if not isinstance(value, Mapping):
            raise TypeError(f"{key} does not depend on the page size")
        return value[page_bytes]

    @property
    def page_sizes_bytes(self) -> tuple[int, ...]:
        """Page sizes that the preset has orders for."""
        value = self.rules["max_order"].value
        assert isinstance(value, Mapping)
        return tuple(sorted(value))


def load_preset(path: Path) -> KernelPreset:
    """Reads a preset file. Raises InputError with every problem and its place."""
    root = read_entries(path)
    reading = Reading()
    entries = reading.mapping(root, "the preset", ("name", "release", "summary", "rules"))
    texts = {
        key: reading.text(entries[key], key)
        for key in ("name", "release", "summary")
        if key in entries
    }
    rules: dict[str, Rule] = {}
    if "rules" in entries:
        needed = [key for key in RULES if key not in DEFAULTS]
        parts = reading.mapping(entries["rules"], "rules", needed, tuple(DEFAULTS))
        for key in RULES:
            if key in DEFAULTS and key not in parts:
                rules[key] = Rule(value=DEFAULTS[key], source="not in the file: the default")
                continue
            rule = _rule(reading, key, parts[key]) if key in parts else None
            if rule is not None:
                rules[key] = rule
        _check_together(reading, rules, entries["rules"].place)
    reading.finish()
    return KernelPreset(
        name=texts["name"] or "",
        release=texts["release"] or "",
        summary=texts["summary"] or "",
        rules=rules,
    )


def _rule(reading: Reading, key: str, entry: Entry) -> Rule | None:
    before = len(reading.problems)
    parts = reading.mapping(entry, key, ("value", "source"))
    source = reading.text(parts["source"], f"{key}.source") if "source" in parts else None
    if "value" not in parts:
        return None
    value = _value(reading, key, parts["value"])
    if len(reading.problems) > before or source is None:
        return None
    return Rule(value=value, source=source)


def _value(reading: Reading, key: str, entry: Entry) -> RuleValue:
    kind = RULES[key]
    if isinstance(kind, Choice):
        # True == 1 in Python: compare the type as well.
        known = any(entry.value == c and type(entry.value) is type(c) for c in kind.choices)
        if not known:
            words = [str(choice).lower() for choice in kind.choices]
            hint = suggestion(str(entry.value), words)
            remedy = f"choose one of {', '.join(words)}"
            reading.complain(f"{key} is {entry.value!r}{hint}", entry.place, remedy)
            return None
        value: RuleValue = entry.value
        return value
    if isinstance(kind, Count):
        if entry.value is None and kind.or_none:
            return None
        return reading.whole(entry, key, least=kind.least, most=kind.most)
    return _per_page_size(reading, key, kind, entry)


def _per_page_size(
    reading: Reading, key: str, kind: PerPageSize, entry: Entry
) -> Mapping[int, int] | None:
    if not isinstance(entry.value, dict) or not entry.value:
        reading.complain(f"{key} is not a mapping", entry.place, "write {4096: 10}")
        return None
    numbers: dict[int, int] = {}
    for page_bytes, child in entry.value.items():
        if page_bytes not in PAGE_SIZES_BYTES:
            choices = ", ".join(map(str, PAGE_SIZES_BYTES))
            reading.complain(f"no page is {page_bytes} bytes", child.place, f"use {choices}")
            continue
        number = reading.whole(child, f"{key} at {page_bytes}", least=kind.least, most=kind.most)
        if number is not None:
            numbers[page_bytes] = number
    return numbers


def _check_together(reading: Reading, rules: Mapping[str, Rule], place: str) -> None:
    keys = [key for key, kind in RULES.items() if isinstance(kind, PerPageSize) and key in rules]
    sizes = {key: rules[key].value for key in keys}
    orders = {key: value for key, value in sizes.items() if isinstance(value, Mapping)}
    if len({tuple(sorted(value)) for value in orders.values()}) > 1:
        reading.complain(f"{', '.join(orders)} name different page sizes", place, "give the same")
        return
    largest = orders.get("max_order", {})
    for key in ("pageblock_order", "thp_order"):
        for page_bytes, order in orders.get(key, {}).items():
            if order > largest.get(page_bytes, order):
                thing = f"{key} {order} is above max_order at {page_bytes} bytes a page"
                reading.complain(thing, place, "a block cannot be larger than the largest")
    _check_tuning(reading, rules, place)
    limits = [rules[key].value for key in ("rt_runtime_us", "rt_period_us") if key in rules]
    match limits:
        case [int(runtime), int(period)] if runtime > period:
            reading.complain("rt_runtime_us is above rt_period_us", place, "lower it")


def _check_tuning(reading: Reading, rules: Mapping[str, Rule], place: str) -> None:
    """A limit that tunes itself moves with refills and flushes (nr_pcp_alloc, nr_pcp_free)."""
    needed = {"pcp_high": "auto_tuned", "refill_blocks": "alloc_factor"}
    needed["free_scaling"] = "free_count"
    found = [key for key, value in needed.items() if key in rules and rules[key].value == value]
    if found and any(key in rules and key not in found for key in needed):
        words = " and ".join(f"{key}: {value}" for key, value in needed.items())
        reading.complain(f"{' and '.join(found)} without the others", place, f"choose {words}")
