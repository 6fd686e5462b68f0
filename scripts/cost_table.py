"""Writes the last section of docs/model.md: in which functions of native/ each cost enters, and
where its number is from.

``python -m scripts.cost_table`` after a change of the native code or of a profile; a test compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pcpbench.hardware.builtin import pcpbench_hardware
from pcpbench.hardware.cost_keys import COST_MEANINGS
from pcpbench.hardware.profile import HardwareProfile, load_profile

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "model.md"
NATIVE = PROJECT / "native"
ROOMS = ("machine", "simulation")
BEGINNING = "## 8. Where each cost enters\n"
INTRODUCTION = """
Functions of `native/`, and where the number is from: who published it for which of the built-in
machines, or why an estimate is what it is, by the example of the first machine. What a cost means,
and every machine's value, range and source, stand in [hardware](hardware.md).
`wake_latency_busy` enters in `machine/machine.cpp` (`wake_latency`). This section is generated:
`python -m scripts.cost_table`.

"""
# Comments, directives, and what stands in quotes: none is code.
NOT_CODE = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | ^\#(?:\\\n|[^\n])*
    | "(?:\\.|[^"\\\n])*" | \b' | '(?:\\.|[^'\\\n])*'""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
NO_FUNCTION = re.compile(r"\s*(?:namespace|struct|class|enum|union|extern)\b")
NAME = re.compile(r"((?:\w+::)*~?\w+)\s*\(")


def section() -> str:
    """The section as Markdown text."""
    profiles = [load_profile(path) for path in pcpbench_hardware()]
    places = list(_places())
    rows = [
        f"| `{key}` | {_entered(key, places)} | {_source(key, profiles)} |\n"
        for key in COST_MEANINGS
    ]
    head = "| cost | enters in | source |\n|---|---|---|\n"
    return BEGINNING + INTRODUCTION + head + "".join(rows)


def _source(key: str, profiles: list[HardwareProfile]) -> str:
    """Each published number's source, and the reason of the first estimate."""
    costs = {profile.name: profile.costs[key] for profile in profiles}
    told = [f"{name}: {cost.source}" for name, cost in costs.items() if cost.source]
    guesses = [f"{name}: {cost.estimate}" for name, cost in costs.items() if cost.estimate]
    if told and guesses:
        guesses = [f"estimates elsewhere; {guesses[0]}"]
    elif guesses:
        guesses = [f"estimates; {guesses[0]}"]
    return "; ".join([*told, *guesses[:1]]).replace("|", "/")


def _entered(key: str, places: list[tuple[str, str, str]]) -> str:
    """File by file, the functions that read the cost."""
    found: dict[str, list[str]] = {}
    for file, function, cost in places:
        if cost == key and function not in found.setdefault(file, []):
            found[file].append(function)
    return "; ".join(
        f"`{file}` ({', '.join(f'`{name}`' for name in functions)})"
        for file, functions in found.items()
    )


def _places() -> Iterator[tuple[str, str, str]]:
    """(file, function, cost) for each place where the native code reads a cost."""
    for room in ROOMS:
        for path in sorted((NATIVE / room).glob("*.[ch]pp")):
            for function, cost in costs_read(path.read_text()):
                yield f"{room}/{path.name}", function, cost


def costs_read(source: str) -> Iterator[tuple[str, str]]:
    """(function, cost) for each cost that a file reads, in its order.

    A function is the outermost scope whose head has parameters and is no type or namespace; its
    name is what stands before them, without its class. What initialises the members belongs to it.
    """
    code = NOT_CODE.sub(" ", source)
    heads: list[str] = []  # of the scopes around the place
    head_start = 0
    for token in re.finditer(r"[{};]|[.>](\w+)\b(?!\s*\()", code):
        mark = token[0]
        if mark == "{":
            heads.append(code[head_start : token.start()])
        elif mark == "}" and heads:
            heads.pop()
        if mark in "{};":
            head_start = token.end()
        elif token[1] in COST_MEANINGS:
            yield _function([*heads, code[head_start : token.start()]]), token[1]


def _function(heads: list[str]) -> str:
    for head in heads:
        name = NAME.search(head)
        if name and not NO_FUNCTION.match(head):
            return name[1].rsplit("::", 1)[-1]
    raise ValueError(f"a cost is read outside of every function, after {heads}")


def page(text: str) -> str:
    """The page with its last section as it should be."""
    return text[: text.index(BEGINNING)] + section()


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
