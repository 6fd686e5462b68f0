"""Tests that files and functions stay small enough to be read at once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
MODULE_LINES = 300
FUNCTION_LINES = 40
NATIVE_FILE_LINES = 400
DRAWERS = {"utils", "util", "helpers", "common", "manager", "misc"}
# Longer functions, and why they are left so.
LONG = {
    ("pcpbench/metrics/isolated.py", "_noise"): "declares metrics: a table, no steps",
    ("pcpbench/metrics/isolated.py", "_interruptions"): "declares metrics: a table, no steps",
}

PYTHON = sorted((PROJECT / "pcpbench").rglob("*.py"))
NATIVE = sorted(
    path for path in (PROJECT / "native").rglob("*") if path.suffix in (".cpp", ".hpp", ".h")
)


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def lines_of(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_there_is_something_to_measure() -> None:
    assert len(PYTHON) > 50
    assert len(NATIVE) > 30


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_a_module_is_short_and_says_what_it_decides(path: Path) -> None:
    assert lines_of(path) <= MODULE_LINES
    assert path.stem not in DRAWERS
    assert ast.get_docstring(ast.parse(path.read_text())), "its first line says what it decides"


def long_functions(path: Path) -> set[tuple[str, str]]:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return {
        (name_of(path), f.name)
        for f in functions
        if f.end_lineno is not None and f.end_lineno - f.lineno >= FUNCTION_LINES
    }


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_functions_are_short(path: Path) -> None:
    assert long_functions(path) - set(LONG) == set()


def test_every_exception_is_still_needed() -> None:
    found = {function for path in PYTHON for function in long_functions(path)}
    assert set(LONG) - found == set()


@pytest.mark.parametrize("path", NATIVE, ids=name_of)
def test_a_native_file_is_short(path: Path) -> None:
    assert lines_of(path) <= NATIVE_FILE_LINES
    assert path.stem not in DRAWERS


def test_only_the_bindings_know_python() -> None:
    knowing = [
        name_of(path)
        for path in NATIVE
        if path.parent.name != "bindings"
        and any(word in path.read_text() for word in ("nanobind", "Python.h", "nb::"))
    ]
    assert knowing == []
