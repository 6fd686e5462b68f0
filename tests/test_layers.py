"""Tests that imports between rooms go one way, those inside functions included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pcpbench"

# Each room with those it may import, beside itself; the order of docs/architecture.md.
FOUNDATION = {"errors", "placed_yaml", "version"}
CONTRACTS = FOUNDATION | {"plugin"}
MEASURING = CONTRACTS | {"metrics", "statistics", "trace"}
MODELS = MEASURING | {"hardware", "kernels", "workloads", "strategies"}
SIMULATING = MODELS | {"native", "simulator"}
# Measures the host; runs need it as little as it needs them.
CALIBRATING = CONTRACTS | {"native", "hardware"}
PLANNING = SIMULATING | {"experiment"}
KEEPING = PLANNING | {"store", "runner"}
SHOWING = KEEPING | {"report"}
MAY_IMPORT = {
    "version": set(),
    "errors": set(),
    "placed_yaml": FOUNDATION,
    "plugin": FOUNDATION,
    "native": set(),
    "metrics": CONTRACTS,
    "statistics": MEASURING - {"trace"},
    "trace": MEASURING | {"native"},
    "hardware": MEASURING,
    "kernels": MEASURING | {"hardware"},
    "workloads": MEASURING,
    "strategies": MEASURING,
    "simulator": SIMULATING,
    "calibrate": CALIBRATING,
    "testing": SIMULATING,
    "experiment": PLANNING,
    "store": PLANNING,
    "runner": KEEPING,
    "report": SHOWING - {"runner"},
    "cli": SHOWING | {"calibrate", "testing"},
    "command": SHOWING | {"calibrate", "cli", "testing"},
}
# Modules that are no folder of their own.
ROOM_OF_MODULE = {"__init__": "version", "__main__": "command", "_native": "native"}


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a module, given as the names after ``pcpbench``."""
    first = parts[0] if parts else "__init__"
    return ROOM_OF_MODULE.get(first, first)


def imports_of(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line and module of each import of our own package, as the names after ``pcpbench``."""
    package = ("pcpbench", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module or "").split(".")) if node.module else base
            # ``from pcpbench import trace`` names a room only after ``import``.
            bare = module == ("pcpbench",)
            names = [(*module, alias.name) if bare else module for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name[1:]) for name in names if name[0] == "pcpbench")


def is_module(parts: tuple[str, ...]) -> bool:
    path = PACKAGE.joinpath(*parts[:1])
    return path.is_dir() or path.with_suffix(".py").exists() or parts[:1] == ("_native",)


def wrong_imports(path: Path) -> list[str]:
    own = room_of(path.relative_to(PACKAGE).with_suffix("").parts)
    wrong = []
    for line, module in imports_of(path):
        # A name such as __version__ comes from the package itself.
        room = room_of(module if is_module(module) else ())
        if room != own and room not in MAY_IMPORT[own]:
            wrong.append(f"{path.relative_to(PACKAGE.parent)}:{line}: {own} imports {room}")
    return wrong


SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_every_room_has_its_place() -> None:
    rooms = {room_of(path.relative_to(PACKAGE).with_suffix("").parts) for path in SOURCES}
    assert rooms - set(MAY_IMPORT) == set()
    assert {"errors", "simulator", "cli"} <= rooms


def test_imports_go_one_way() -> None:
    assert [wrong for path in SOURCES for wrong in wrong_imports(path)] == []


def test_the_order_has_no_circle() -> None:
    order = {room: others - {room} for room, others in MAY_IMPORT.items()}
    assert set(TopologicalSorter(order).static_order()) == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("statement", "room"),
    [
        ("import pcpbench.cli.main", "cli"),
        ("def f():\n    from pcpbench.runner import run_experiment", "runner"),
        ("from pcpbench import report", "report"),
        ("from ..store import RunFile", "store"),
        ("from .. import experiment", "experiment"),
    ],
)
def test_an_import_against_the_order_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str, room: str
) -> None:
    for name in ("cli", "runner", "report", "store", "experiment", "metrics"):
        (tmp_path / "pcpbench" / name).mkdir(parents=True)
    path = tmp_path / "pcpbench" / "metrics" / "new.py"
    path.write_text(statement)
    monkeypatch.setitem(globals(), "PACKAGE", path.parents[1])
    assert [wrong.split(": ")[1] for wrong in wrong_imports(path)] == [f"metrics imports {room}"]
