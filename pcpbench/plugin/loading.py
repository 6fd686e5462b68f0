"""Decides where plugins come from, and that a broken one is a warning instead of an end."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from pcpbench.plugin.blame import own_line
from pcpbench.plugin.hookspecs import PROJECT, hookimpl

ENTRY_POINT_GROUP = PROJECT
BUILT_IN = "built-in"
BUILT_IN_MODULES = tuple(
    f"pcpbench.{room}.builtin"
    for room in (
        *("strategies", "workloads", "hardware", "kernels", "metrics"),
        *("report", "runner"),
    )
)


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin object and where it came from. ``error``: why it could not be loaded, if so."""

    name: str
    origin: str
    plugin: Any = None
    error: str | None = None


def built_in_plugins() -> Iterator[FoundPlugin]:
    """The built-in rooms. They are part of the program: a failure to import one is raised."""
    for name in BUILT_IN_MODULES:
        yield FoundPlugin(name, BUILT_IN, importlib.import_module(name))


def installed_plugins() -> Iterator[FoundPlugin]:
    """Plugins of installed packages, from entry points of the group ``pcpbench``."""
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        try:
            yield FoundPlugin(point.name, origin, point.load())
        except Exception as error:
            yield FoundPlugin(point.name, origin, error=_why(error))


def is_file_name(plugin: str) -> bool:
    """Whether a plugin is named by the path of its file, else it is a module."""
    return plugin.endswith((".py", ".yaml")) or "/" in plugin


def named_plugins(names: Sequence[str], relative_to: Path) -> Iterator[FoundPlugin]:
    """Plugins named by the user: modules, Python files, or the YAML file of a hardware profile or
    kernel preset (paths from ``relative_to``)."""
    for name in names:
        try:
            if name.endswith(".yaml"):
                yield FoundPlugin(name, str(name), _DataFile((relative_to / name).resolve()))
            elif is_file_name(name):
                path = (relative_to / name).resolve()
                yield FoundPlugin(name, str(name), _module_of_file(path))
            else:
                yield FoundPlugin(name, f"module {name}", importlib.import_module(name))
        except Exception as error:
            yield FoundPlugin(name, str(name), error=_why(error))


class _DataFile:
    """A profile or preset named by its file, as if a plugin had returned the path."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(f"there is no file {path}")
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines()
        self.is_preset = any(line.startswith("rules:") for line in lines)

    @hookimpl
    def pcpbench_hardware(self) -> Sequence[Path]:
        return () if self.is_preset else (self.path,)

    @hookimpl
    def pcpbench_kernels(self) -> Sequence[Path]:
        return (self.path,) if self.is_preset else ()


def _module_of_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    name = f"{PROJECT}_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _why(error: Exception) -> str:
    """The error in one line, with the place in the plugin's own code if there is one."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {error.msg}"
    place = own_line(error, caller=(__file__,))
    return f"{place}{': ' * bool(place)}{type(error).__name__}: {error}"
